#pragma once

#include <string>

#include "core/base/result.h"

namespace hotloop::cli {

// Holds the GPUs' clock at one rate while it lives, by nvidia-smi, which needs the right to do so.
class ClockLock {
public:
  // "1410": MHz. Errors: no such number; nvidia-smi is not there or refuses, in its own words.
  static Result<ClockLock> take(const std::string &megahertz);
  ClockLock() = default; // holds nothing
  ClockLock(ClockLock &&other) noexcept;
  ClockLock &operator=(ClockLock &&other) noexcept;
  ~ClockLock(); // gives the clocks back to the driver

private:
  bool held_ = false;
};

} // namespace hotloop::cli
