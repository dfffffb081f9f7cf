#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hotloop {

// What tells one process from every other one: its id, when it started, and in which boot of which
// machine. Stored by the writer of a run, so that a reader knows whether the writer still lives.
struct ProcessIdentity {
  std::int64_t pid = 0;
  std::string startTicks; // since boot; empty where /proc does not tell
  std::string bootId;

  bool operator==(const ProcessIdentity &) const = default;
};

ProcessIdentity currentProcess();

// Does that very process still run on this machine?
bool isAlive(const ProcessIdentity &process);

} // namespace hotloop
