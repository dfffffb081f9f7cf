#pragma once

#include <cstdint>

namespace hotloop::samples {

enum class StepMarks : std::uint8_t {
  kNone, // a plain loop
  kApi,  // hotloop_step_begin/end
  kNvtx, // an NVTX range `step`
};

// The hot loop of a sample: a number of steps, each marked the way the run asks for.
class StepLoop {
public:
  StepLoop(int steps, StepMarks marks) : steps_(steps), marks_(marks) {}

  int steps() const { return steps_; }

  // Calls body(i) for i in [0, steps).
  template <class Body> void run(Body &&body) const {
    for (int i = 0; i < steps_; ++i) {
      const Mark mark(marks_, i);
      body(i);
    }
  }

private:
  class Mark {
  public:
    Mark(StepMarks marks, int number);
    ~Mark();
    Mark(const Mark &) = delete;
    Mark &operator=(const Mark &) = delete;

  private:
    StepMarks marks_;
  };

  int steps_;
  StepMarks marks_;
};

} // namespace hotloop::samples
