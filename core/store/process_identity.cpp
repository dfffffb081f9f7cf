#include "core/store/process_identity.h"

#include <unistd.h>

#include <fstream>
#include <sstream>

namespace hotloop {

namespace {

std::string bootId() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

// Field 22 of /proc/<pid>/stat, counted after the name, which may hold blanks and parentheses.
// Empty for a process that is gone or only waits to be reaped.
std::string startTicks(std::int64_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const auto nameEnd = line.rfind(')');
  if (nameEnd == std::string::npos) return {};
  std::istringstream fields(line.substr(nameEnd + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number) {
    if (!(fields >> field)) return {};
    if (number == 3 && (field == "Z" || field == "X")) return {};
  }
  return field;
}

} // namespace

ProcessIdentity currentProcess() {
  const std::int64_t pid = ::getpid();
  return {pid, startTicks(pid), bootId()};
}

bool isAlive(const ProcessIdentity &process) {
  if (process.pid <= 0 || process.startTicks.empty() || process.bootId != bootId()) return false;
  return startTicks(process.pid) == process.startTicks;
}

} // namespace hotloop
