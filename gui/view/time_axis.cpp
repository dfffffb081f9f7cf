#include "gui/view/time_axis.h"

#include <algorithm>
#include <cmath>

namespace hotloop::gui {
namespace {

constexpr double kClosest = 1.0 / 64;
constexpr double kRoom = 0.15;   // of the framed time, on each side
constexpr double kBeyond = 0.02; // of the window, past the ends of the trace

} // namespace

void TimeAxis::setLength(std::int64_t length) {
  length_ = std::max<std::int64_t>(1, length);
  clamp();
}

void TimeAxis::setWidth(int width) {
  width_ = std::max(1, width);
  clamp();
}

void TimeAxis::fit() { show(0, length_); }

void TimeAxis::show(std::int64_t t0, std::int64_t t1) {
  t0_ = t0;
  nsPerPixel_ = static_cast<double>(std::max<std::int64_t>(1, t1 - t0)) / width_;
  clamp();
}

void TimeAxis::frame(std::int64_t t0, std::int64_t t1) {
  const auto room =
      static_cast<std::int64_t>(kRoom * static_cast<double>(std::max<std::int64_t>(t1 - t0, 10)));
  show(t0 - room, t1 + room);
}

void TimeAxis::zoom(double factor, double x) {
  const double at = static_cast<double>(t0_) + x * nsPerPixel_;
  const double widest = static_cast<double>(length_) * (1 + 2 * kBeyond) / width_;
  nsPerPixel_ = std::clamp(nsPerPixel_ / factor, kClosest, std::max(kClosest, widest));
  t0_ = static_cast<std::int64_t>(std::llround(at - x * nsPerPixel_));
  clamp();
}

void TimeAxis::pan(double pixels) {
  t0_ += static_cast<std::int64_t>(std::llround(pixels * nsPerPixel_));
  clamp();
}

void TimeAxis::clamp() {
  const double widest = static_cast<double>(length_) * (1 + 2 * kBeyond) / width_;
  nsPerPixel_ = std::clamp(nsPerPixel_, kClosest, std::max(kClosest, widest));
  const auto span = static_cast<std::int64_t>(nsPerPixel_ * width_);
  const auto beyond = static_cast<std::int64_t>(kBeyond * static_cast<double>(span));
  const std::int64_t least = -beyond;
  const std::int64_t greatest = std::max(least, length_ - span + beyond);
  t0_ = std::clamp(t0_, least, greatest);
}

std::int64_t rulerStep(double nsPerPixel, int pixels) {
  const double least = nsPerPixel * pixels;
  std::int64_t step = 1;
  while (static_cast<double>(step) < least && step < 1'000'000'000'000'000'000) {
    for (const std::int64_t factor : {1, 2, 5}) {
      if (static_cast<double>(step * factor) >= least) return step * factor;
    }
    step *= 10;
  }
  return step;
}

} // namespace hotloop::gui
