#include <algorithm>
#include <cmath>

#include "analyzers/rules/kernel_rules.h"

namespace hotloop {

namespace {

// Limits of a multiprocessor since compute capability 8.0.
constexpr double kThreads = 2048, kRegisters = 65536, kShared = 227.0 * 1024;
constexpr double kMostWaves = 5, kTail = 0.25;

// Blocks of the kernel that a multiprocessor runs at once.
double residentBlocks(const RuleInput &input, const DeviceItem &item) {
  const auto &rows = input.trace->kernels;
  const double threads =
      std::max(1.0, double(rows.blockX[item.row]) * std::max<double>(rows.blockY[item.row], 1) *
                        std::max<double>(rows.blockZ[item.row], 1));
  const double registers = std::max<double>(rows.registers[item.row], 1) * threads;
  const double shared =
      double(rows.staticShared[item.row]) + double(rows.dynamicShared[item.row]) + 1024;
  return std::max(
      1.0, std::floor(std::min({kThreads / threads, kRegisters / registers, kShared / shared})));
}

bool matches(const RuleInput &input, const DeviceItem &item, KernelTrait traits) {
  if (!has(traits, KernelTrait::kProduct) || input.trace->kernels.registers[item.row] == 0)
    return false;
  const double slots = residentBlocks(input, item) * multiprocessorsOf(input, item.stream);
  if (slots <= 0) return false;
  const double waves = static_cast<double>(blocksOf(input, item)) / slots;
  const double tail = waves - std::floor(waves);
  return waves > 1 && waves < kMostWaves && tail > 0 && tail <= kTail;
}

constexpr KernelRule kRule = {
    .advice = {"", "Products end in a wave that leaves most of the device idle",
               "Choose sizes or tiles that fill whole waves, or a stream-K product.",
               "# before: 140 tiles on 132 multiprocessors\n# after\n"
               "tokens = 4096            # 128 tiles\n# or: torch.compile(mode=\"max-autotune\")",
               "Blocks of one wave do not all end at once, so the tail is shorter than it looks."},
    .matches = matches,
    .leastShare = 0.05,
    .what = "a step in such products",
    .whyNone = "Only an upper bound is known: the share of the last wave.",
};

RuleOutcome run(const RuleInput &input) { return judgeKernels(input, kRule); }

} // namespace

Rule hl507WaveTail() {
  return {"HL507", "wave_tail", "Products whose last wave fills a small part of the device", run,
          Needs::kKernels | Needs::kDeviceSize};
}

} // namespace hotloop
