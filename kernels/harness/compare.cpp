#include "kernels/harness/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hotloop::kernels {
namespace {

// splitmix64 (Steele, Lea, Flood 2014): standard distributions differ between libraries.
class Random {
public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  float signedUniform() { return static_cast<float>(uniform() * 2 - 1); }
  float bell() { // sum of uniforms: close to normal, exact everywhere
    double sum = 0;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return static_cast<float>(sum - 6);
  }

private:
  std::uint64_t state_;
};

} // namespace

double relativeDifference(std::span<const float> x, std::span<const double> y) {
  double cross = 0, squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    cross += static_cast<double>(x[i]) * y[i];
    squares += static_cast<double>(x[i]) * x[i] + y[i] * y[i];
  }
  return squares == 0 ? 0 : 1 - 2 * cross / squares;
}

double largestDifference(std::span<const float> x, std::span<const double> y) {
  double largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double a = x[i], b = y[i];
    if (std::isinf(a) && a == b) continue;
    if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, std::abs(a - b));
  }
  return largest;
}

const char *nameOf(LogitKind kind) {
  switch (kind) {
  case LogitKind::kNormal: return "normal";
  case LogitKind::kTies: return "ties";
  case LogitKind::kOneHot: return "one hot";
  case LogitKind::kWide: return "wide";
  case LogitKind::kNotNumbers: return "not numbers";
  }
  return "";
}

std::vector<float> makeLogits(LogitKind kind, std::int64_t tokens, std::int64_t experts,
                              std::uint64_t seed) {
  Random random(seed);
  std::vector<float> logits(static_cast<std::size_t>(tokens * experts));
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const auto expert = static_cast<std::int64_t>(i) % experts;
    const float value = random.bell();
    switch (kind) {
    case LogitKind::kNormal: logits[i] = value; break;
    case LogitKind::kTies: logits[i] = std::round(value); break; // few distinct values
    case LogitKind::kOneHot: logits[i] = expert == experts / 2 ? 20.0f : 0.01f * value; break;
    case LogitKind::kWide: logits[i] = 40 * value; break;
    case LogitKind::kNotNumbers: {
      const std::uint64_t kindOfHole = random.next() % 8;
      logits[i] = kindOfHole == 0   ? std::numeric_limits<float>::quiet_NaN()
                  : kindOfHole == 1 ? -std::numeric_limits<float>::infinity()
                                    : value;
      if (i < static_cast<std::size_t>(experts)) // the first token has no number at all
        logits[i] = std::numeric_limits<float>::quiet_NaN();
      break;
    }
    }
  }
  return logits;
}

std::vector<float> makeUniform(std::int64_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float &value : values) value = random.signedUniform();
  return values;
}

} // namespace hotloop::kernels
