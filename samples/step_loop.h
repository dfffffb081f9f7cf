#pragma once

#include <cstdint>
#include <vector>

namespace hotloop::samples {

enum class StepMarks : std::uint8_t {
  kNone, // a plain loop
  kApi,  // hotloop_step_begin/end
  kNvtx, // an NVTX range `step`
};

// Times the steps after a warm-up. With a device (`settle` waits for it) their mean over the whole
// stretch; without one the median of the steps, which a busy machine's pauses do not move.
class StepClock {
public:
  explicit StepClock(int warmup, void (*settle)() = nullptr) : warmup_(warmup), settle_(settle) {}

  int warmup() const { return warmup_; }
  void begin(int step); // before each step
  void end(int step);   // after each
  void stop(int steps); // after the last
  double stepMs() const { return stepMs_; }

private:
  int warmup_;
  void (*settle_)();
  std::int64_t start_ = 0;            // ns, of the stretch or the step
  std::vector<std::int64_t> lengths_; // ns
  double stepMs_ = 0;
};

// The hot loop of a sample: a number of steps, each marked the way the run asks for.
class StepLoop {
public:
  StepLoop(int steps, StepMarks marks, StepClock *clock = nullptr)
      : steps_(steps), marks_(marks), clock_(clock) {}

  int steps() const { return steps_; }

  // Calls body(i) for i in [0, steps).
  template <class Body> void run(Body &&body) const {
    for (int i = 0; i < steps_; ++i) {
      if (clock_ != nullptr) clock_->begin(i);
      {
        const Mark mark(marks_, i);
        body(i);
      }
      if (clock_ != nullptr) clock_->end(i);
    }
    if (clock_ != nullptr) clock_->stop(steps_);
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
  StepClock *clock_;
};

} // namespace hotloop::samples
