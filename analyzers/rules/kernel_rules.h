#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "analyzers/rules/occurrences.h"

namespace hotloop {

// What a kernel does, by its name, mangled or not.
enum class KernelTrait : std::uint16_t {
  kNone = 0,
  kProduct = 1,    // matrix product or convolution
  kFp32 = 2,       // ... of 32-bit numbers without tensor cores
  kHalf = 4,       // ... of 16-bit numbers
  kUnaligned = 8,  // ... whose operands are aligned to one or two elements only
  kPointwise = 16, // of PyTorch: one thread per element
  kReduction = 32,
  kCast = 64, // copies that change the type
  kCollective = 128,
};
constexpr KernelTrait operator|(KernelTrait a, KernelTrait b) {
  return static_cast<KernelTrait>(static_cast<std::uint16_t>(a) | static_cast<std::uint16_t>(b));
}
constexpr bool has(KernelTrait set, KernelTrait trait) {
  return (static_cast<std::uint16_t>(set) & static_cast<std::uint16_t>(trait)) != 0;
}
KernelTrait kernelTraits(std::string_view name);

// The traits of kernels, decided once per name.
class KernelKinds {
public:
  explicit KernelKinds(const RuleInput &input);
  // kNone for copies and fills.
  KernelTrait of(const DeviceItem &item) const;

private:
  const RuleInput &input_;
  std::vector<KernelTrait> ofName_; // by StringId
};

// Most rules about kernels test single ones and weigh the device time of those of a place against
// the step.
struct KernelRule {
  Advice advice;
  bool (*matches)(const RuleInput &input, const DeviceItem &item, KernelTrait traits) = nullptr;
  double leastShare = 0.05; // of the step
  std::string_view what;    // of the step, in "It takes 1 % of ..."
  FixKind fix = FixKind::kNone;
  double factor = 1; // kScaleKernels
  bool modelled = true;
  std::string_view whyNone = {}; // kNone
  bool oneCause = false;         // all places are one finding, at the place with most time
};
RuleOutcome judgeKernels(const RuleInput &input, const KernelRule &rule);

// Multiprocessors of the device of a stream; 0 unknown.
std::uint32_t multiprocessorsOf(const RuleInput &input, StreamId stream);
std::uint64_t blocksOf(const RuleInput &input, const DeviceItem &kernel);

} // namespace hotloop
