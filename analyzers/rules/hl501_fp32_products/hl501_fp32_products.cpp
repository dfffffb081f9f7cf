#include "analyzers/rules/kernel_rules.h"

namespace hotloop {

namespace {

bool matches(const RuleInput &, const DeviceItem &, KernelTrait traits) {
  return has(traits, KernelTrait::kFp32);
}

constexpr KernelRule kRule = {
    .advice =
        {"", "Matrix products run in 32-bit arithmetic without tensor cores",
         "Allow TF32 (one line), or run the forward pass under bf16 autocast; keep the router, "
         "the loss and the optimizer in fp32.",
         "# before\ny = model(x)\n\n# after: TF32\n"
         "torch.set_float32_matmul_precision(\"high\")\n# or bf16\n"
         "with torch.autocast(\"cuda\", torch.bfloat16):\n    y = model(x)",
         "A step that the host bounds gets no faster, and autocast adds launches for the casts: "
         "it may get slower."},
    .matches = matches,
    .leastShare = 0.05,
    .what = "a step in such products",
    .fix = FixKind::kRetype,
    .oneCause = true,
};

RuleOutcome run(const RuleInput &input) { return judgeKernels(input, kRule); }

} // namespace

Rule hl501Fp32Products() {
  return {"HL501", "fp32_products", "Matrix products of 32-bit numbers without TF32 or autocast",
          run, Needs::kKernels};
}

} // namespace hotloop
