#pragma once

#include <cstdint>
#include <string_view>

#include "tests/support/scripted_loop.h"

namespace hotloop::test_support {

// The training loop that habits are planted into, and what they are made of. Large products keep
// the device busy while the host is ahead by a step.
class Stage {
public:
  explicit Stage(TraceSink &sink) : loop(&sink) { loop.addDevice(); }

  // `count` layers of 160 us on the device and about 20 us on the host.
  void compute(int count = 12);
  // The loss goes to the host, which waits for the step before: it runs one step ahead.
  void finish();
  // An operator that starts one kernel.
  void op(std::string_view name, std::string_view function, std::string_view kernel,
          std::int64_t device, std::int64_t host = 5'000);
  // The same of a kernel of `grid` blocks.
  void product(std::string_view function, std::string_view kernel, std::int64_t device,
               const ScriptedLaunch &launch);
  // A few bytes come back and are waited for.
  void readBack(std::string_view function);
  // Python for a while.
  void think(std::int64_t nanoseconds) { loop.wait(nanoseconds); }

  ScriptedLoop loop;

private:
  std::uint64_t stepBefore_ = 0; // the event at its end
};

} // namespace hotloop::test_support
