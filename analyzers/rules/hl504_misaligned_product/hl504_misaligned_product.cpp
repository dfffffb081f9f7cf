#include "analyzers/rules/kernel_rules.h"

namespace hotloop {

namespace {

bool matches(const RuleInput &, const DeviceItem &, KernelTrait traits) {
  return has(traits, KernelTrait::kUnaligned) && has(traits, KernelTrait::kHalf);
}

constexpr KernelRule kRule = {
    .advice =
        {"", "Products of 16-bit numbers run on operands that are not aligned",
         "Pad the inner sizes (hidden size, vocabulary, head size) to a multiple of 8, better 64.",
         "# before\nhead = nn.Linear(768, 50257)\n\n# after\nhead = nn.Linear(768, 50304)   "
         "# the last 47 columns are never chosen",
         "cuBLAS pads many shapes by itself; padding adds work of its own."},
    .matches = matches,
    .leastShare = 0.03,
    .what = "a step in such products",
    .whyNone = "The time of the aligned kernel is not in this run; it takes a machine profile.",
};

RuleOutcome run(const RuleInput &input) { return judgeKernels(input, kRule); }

} // namespace

Rule hl504MisalignedProduct() {
  return {"HL504", "misaligned_product",
          "A product of 16-bit numbers whose sizes are no multiple of 8", run, Needs::kKernels};
}

} // namespace hotloop
