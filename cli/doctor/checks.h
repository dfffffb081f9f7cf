#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/surroundings.h"

namespace hotloop::cli {

enum class CheckState { kOk, kWarn, kFail };

struct Check {
  std::string name; // "libhotloop"
  CheckState state = CheckState::kOk;
  std::string found; // what is there
  std::string todo;  // what to do about it; empty when ok
};

// Looks at this machine. Starts the Python interpreters found on PATH; CUDA is looked for, never
// initialised.
std::vector<Check> runChecks(const Surroundings &surroundings);

// The judgements, apart from how the facts are found.
Check judgeSharedMemory(const std::string &folder, std::uint64_t freeBytes);
// Versions; empty when there is none.
Check judgeTorch(const std::string &builtFor, const std::string &installed);
Check judgePython(const std::string &interpreter, int major, int minor);
// `cpuFlags` as in /proc/cpuinfo, `clockSource` as the kernel names it.
Check judgeClock(std::string_view cpuFlags, std::string_view clockSource);

} // namespace hotloop::cli
