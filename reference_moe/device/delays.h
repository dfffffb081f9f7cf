#pragma once

#include <atomic>
#include <string_view>
#include <vector>

#include "reference_moe/run/configuration.h"

// --inject-delay: what a range does first, besides being marked.
namespace hotloop::moe {

inline std::atomic<bool> delaysActive{false};

// The delays in force from construction to destruction, for the whole process. With none given it
// costs nothing.
class DelayScope {
public:
  DelayScope(const std::vector<Delay> &delays, Device device);
  ~DelayScope();
  DelayScope(const DelayScope &) = delete;
  DelayScope &operator=(const DelayScope &) = delete;
};

// Spends the delays of the place with this name; one that names no place does nothing.
void spendDelays(std::string_view place);

} // namespace hotloop::moe
