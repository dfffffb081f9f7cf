#include "analyzers/rules/kernel_rules.h"

namespace hotloop {

namespace {

// Fewer blocks than half of the multiprocessors leave most of the device without work.
constexpr double kFewBlocks = 0.5;

bool matches(const RuleInput &input, const DeviceItem &item, KernelTrait traits) {
  if (!has(traits, KernelTrait::kProduct)) return false;
  const double blocks = static_cast<double>(blocksOf(input, item));
  const double device = multiprocessorsOf(input, item.stream);
  return blocks > 0 && device > 0 && blocks < kFewBlocks * device;
}

constexpr KernelRule kRule = {
    .advice =
        {"", "Products use less than half of the device",
         "Run several as one batched or grouped product, or make the batch larger.",
         "# before\nys = [x @ w for w in weights]\n\n# after\n"
         "ys = torch.bmm(x.expand(len(weights), -1, -1), torch.stack(weights))",
         "A product that only reads weights once is bound by memory, however few blocks it has."},
    .matches = matches,
    .leastShare = 0.05,
    .what = "a step in such products",
    .whyNone = "The time of the larger kernel is not in this run; it takes a machine profile.",
};

RuleOutcome run(const RuleInput &input) { return judgeKernels(input, kRule); }

} // namespace

Rule hl505SmallProduct() {
  return {"HL505", "small_product", "Matrix products too small to fill the device", run,
          Needs::kKernels | Needs::kDeviceSize};
}

} // namespace hotloop
