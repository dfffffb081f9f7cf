#include "samples/step_loop.h"

#include <algorithm>
#include <chrono>

#include <nvtx3/nvToolsExt.h>

#include "include/hotloop/hotloop.h"

namespace hotloop::samples {

namespace {

std::int64_t nowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

} // namespace

void StepClock::begin(int step) {
  if (step < warmup_ || (settle_ != nullptr && step > warmup_)) return;
  if (settle_ != nullptr) settle_();
  start_ = nowNs();
}

void StepClock::end(int step) {
  if (step >= warmup_ && settle_ == nullptr) lengths_.push_back(nowNs() - start_);
}

void StepClock::stop(int steps) {
  if (steps <= warmup_) return;
  if (settle_ != nullptr) {
    settle_();
    stepMs_ = static_cast<double>(nowNs() - start_) * 1e-6 / (steps - warmup_);
    return;
  }
  const auto middle = lengths_.begin() + static_cast<std::ptrdiff_t>(lengths_.size() / 2);
  std::nth_element(lengths_.begin(), middle, lengths_.end());
  stepMs_ = static_cast<double>(*middle) * 1e-6;
}

StepLoop::Mark::Mark(StepMarks marks, int number) : marks_(marks) {
  if (marks_ == StepMarks::kApi) hotloop_step_begin(number);
  if (marks_ == StepMarks::kNvtx) nvtxRangePushA("step");
}

StepLoop::Mark::~Mark() {
  if (marks_ == StepMarks::kApi) hotloop_step_end();
  if (marks_ == StepMarks::kNvtx) nvtxRangePop();
}

} // namespace hotloop::samples
