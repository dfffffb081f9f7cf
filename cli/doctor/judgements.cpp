#include <fmt/format.h>

#include "cli/doctor/checks.h"
#include "core/report/number_format.h"

namespace hotloop::cli {

namespace {

constexpr std::uint64_t kRingBytes = 16ull << 20; // of one process (core/ring)
constexpr int kOldestPython = 11, kNewestPython = 13;

bool hasWord(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const bool begins = at == 0 || text[at - 1] == ' ' || text[at - 1] == '\t';
    const std::size_t end = at + word.size();
    if (begins && (end == text.size() || text[end] == ' ' || text[end] == '\n')) return true;
  }
  return false;
}

} // namespace

Check judgeSharedMemory(const std::string &folder, std::uint64_t freeBytes) {
  Check check{"shared memory",
              CheckState::kOk,
              fmt::format("{} free in {}", formatBytes(static_cast<double>(freeBytes)), folder),
              {}};
  if (freeBytes < kRingBytes) {
    check.state = CheckState::kFail;
    check.todo = "each recorded process needs 17 MB; in a container, start it with --shm-size=1g";
  } else if (freeBytes < 8 * kRingBytes) {
    check.state = CheckState::kWarn;
    check.todo = "each recorded process needs 17 MB: enough for a few; in a container, start it "
                 "with --shm-size=1g";
  }
  return check;
}

Check judgeTorch(const std::string &builtFor, const std::string &given) {
  const std::string installed = given.substr(0, given.find('+')); // "+cu130" is how it was built
  if (installed.empty())
    return {"torch",
            CheckState::kOk,
            builtFor.empty() ? "no torch for python3, and this build has no plugin"
                             : "plugin for " + builtFor + "; no torch for python3",
            {}};
  if (builtFor.empty())
    return {"torch", CheckState::kWarn, "python3 has torch " + installed + "; no plugin found",
            "operators are recorded only for versions on the tested list; build with "
            "HOTLOOP_WITH_TORCH=ON against "
            "your torch for the others"};
  if (builtFor == installed)
    return {"torch", CheckState::kOk, "plugin for " + builtFor + ", the torch of python3", {}};
  return {"torch", CheckState::kWarn,
          fmt::format("python3 has torch {}; the plugin is for {}", installed, builtFor),
          "operators are recorded only if this version is on the tested list (hotloop info RUN "
          "says how it "
          "attached); else build hotloop against it"};
}

Check judgePython(const std::string &interpreter, int major, int minor) {
  const std::string found = fmt::format("{} is {}.{}", interpreter, major, minor);
  if (major == 3 && minor >= kOldestPython && minor <= kNewestPython)
    return {"python", CheckState::kOk, found, {}};
  return {
      "python", CheckState::kWarn, found,
      "Python file and line are known for 3.11, 3.12 and 3.13 only; everything else is recorded"};
}

Check judgeClock(std::string_view cpuFlags, std::string_view clockSource) {
  const bool invariant = hasWord(cpuFlags, "constant_tsc") && hasWord(cpuFlags, "nonstop_tsc");
  const std::string found = fmt::format("clock source {}, time-stamp counter {}",
                                        clockSource.empty() ? "unknown" : clockSource,
                                        invariant ? "invariant" : "not known to be invariant");
  if (invariant) return {"clock", CheckState::kOk, found, {}};
  return {"clock", CheckState::kWarn, found,
          "events are stamped with the slower system clock, or times may drift: recording costs "
          "more per event"};
}

} // namespace hotloop::cli
