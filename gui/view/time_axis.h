#pragma once

#include <cstdint>

namespace hotloop::gui {

// Which part of a trace a window of `width` pixels shows. Always a valid part: at least a little of
// [0, length] is in view, and a pixel is at least 1/64 ns.
class TimeAxis {
public:
  void setLength(std::int64_t length);
  void setWidth(int width); // keeps t0 and the scale
  std::int64_t length() const { return length_; }
  int width() const { return width_; }

  std::int64_t t0() const { return t0_; }
  std::int64_t t1() const { return t0_ + static_cast<std::int64_t>(nsPerPixel_ * width_); }
  double nsPerPixel() const { return nsPerPixel_; }
  double x(std::int64_t t) const { return static_cast<double>(t - t0_) / nsPerPixel_; }
  std::int64_t time(double x) const { return t0_ + static_cast<std::int64_t>(x * nsPerPixel_); }

  void fit();                                   // everything
  void show(std::int64_t t0, std::int64_t t1);  // exactly this
  void frame(std::int64_t t0, std::int64_t t1); // this, with room on both sides
  void zoom(double factor, double x);           // > 1: closer; the time at x stays there
  void pan(double pixels);                      // > 0: later

  bool operator==(const TimeAxis &) const = default;

private:
  void clamp();

  std::int64_t length_ = 1;
  std::int64_t t0_ = 0;
  double nsPerPixel_ = 1;
  int width_ = 1000;
};

// Distance of the marks of a ruler: 1, 2 or 5 times a power of ten ns, at least `pixels` apart.
std::int64_t rulerStep(double nsPerPixel, int pixels);

} // namespace hotloop::gui
