#include "cli/gate/clock_lock.h"

#include <utility>

#include <fmt/format.h>

#include "cli/gate/subprocess.h"

namespace hotloop::cli {

Result<ClockLock> ClockLock::take(const std::string &megahertz) {
  if (megahertz.empty() || megahertz.size() > 5 || megahertz[0] == '0' ||
      megahertz.find_first_not_of("0123456789") != std::string::npos)
    return Unexpected(invalidInput(
        fmt::format("--lock-clocks cannot be '{}'; write MHz, like 1410 (nvidia-smi -q -d "
                    "SUPPORTED_CLOCKS lists them)",
                    megahertz)));
  SubprocessOptions options;
  options.capture = true;
  options.quiet = true;
  HOTLOOP_ASSIGN(
      const SubprocessOutcome outcome,
      runSubprocess({"nvidia-smi", fmt::format("--lock-gpu-clocks={0},{0}", megahertz)}, options));
  if (outcome.exitCode != 0) {
    std::string said = outcome.output.substr(0, outcome.output.find('\n'));
    if (outcome.exitCode == 127) said = "there is no nvidia-smi";
    return Unexpected(nothingMeasured(
        fmt::format("--lock-clocks {}: {}; run it as root, or leave the clocks to the driver",
                    megahertz, said.empty() ? "nvidia-smi refused" : said)));
  }
  ClockLock lock;
  lock.held_ = true;
  return lock;
}

ClockLock::ClockLock(ClockLock &&other) noexcept : held_(std::exchange(other.held_, false)) {}

ClockLock &ClockLock::operator=(ClockLock &&other) noexcept {
  std::swap(held_, other.held_);
  return *this;
}

ClockLock::~ClockLock() {
  if (!held_) return;
  SubprocessOptions options;
  options.quiet = true;
  static_cast<void>(runSubprocess({"nvidia-smi", "--reset-gpu-clocks"}, options));
}

} // namespace hotloop::cli
