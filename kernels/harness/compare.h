#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

// What the tests and benchmarks of every kernel share: differences, inputs.
namespace hotloop::kernels {

// 1 - 2 <x, y> / (<x, x> + <y, y>) in double: 0 for equal arrays (both zero included), insensitive
// to scale (the measure of DeepGEMM's tests). NaN where either holds one.
double relativeDifference(std::span<const float> x, std::span<const double> y);

// Largest |x - y|; infinities of equal sign count as equal, NaN as infinitely far.
double largestDifference(std::span<const float> x, std::span<const double> y);

// Kinds of router logits that a gating kernel must get right.
enum class LogitKind { kNormal, kTies, kOneHot, kWide, kNotNumbers };
inline constexpr LogitKind kLogitKinds[] = {LogitKind::kNormal, LogitKind::kTies,
                                            LogitKind::kOneHot, LogitKind::kWide,
                                            LogitKind::kNotNumbers};
const char *nameOf(LogitKind kind);

// [tokens x experts] from `seed`, the same on every machine.
std::vector<float> makeLogits(LogitKind kind, std::int64_t tokens, std::int64_t experts,
                              std::uint64_t seed);

// Uniform in [-1, 1), the same on every machine.
std::vector<float> makeUniform(std::int64_t count, std::uint64_t seed);

} // namespace hotloop::kernels
