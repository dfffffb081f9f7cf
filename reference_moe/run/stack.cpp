#include "reference_moe/run/stack.h"

#include <cstdio>

#include <fmt/format.h>

#include "reference_moe/run/statistics.h"

namespace hotloop::moe {
namespace {

constexpr std::int64_t kSteadyFrom = 3; // first step whose memory and counts are taken

double ratio(std::int64_t value, std::int64_t base) {
  return base == 0 ? 0 : static_cast<double>(value) / static_cast<double>(base);
}

} // namespace

std::vector<Rung> stackOf(const Configuration &base, const Machine &machine) {
  std::vector<Rung> rungs;
  Toggles t;
  t.mode = base.toggles.mode;
  const bool train = t.mode == Mode::kTrain, cuda = base.device == Device::kCuda;
  const auto add = [&](const char *name, std::optional<double> speedup,
                       std::optional<double> memory, std::string note = "") {
    Toggles fitting = t;
    if (const std::string why = whyIllegal(fitting, base.device, machine); !why.empty()) {
      fitting.fusion = Fusion::kOff; // the only thing that can be missing: kernels in this build
      note += (note.empty() ? "" : " ") + std::string("Without fused kernels: ") + why;
    }
    rungs.push_back({name, fitting, speedup, memory, std::move(note)});
  };
  add("baseline", 1.0, 1.0);
  t.dispatch = Dispatch::kGrouped;
  t.fusion = Fusion::kKernels;
  if (!train && !base.package.empty()) {
    t.fusion = Fusion::kInductor;
    t.inductor = base.toggles.inductor;
  }
  if (t.fusion == Fusion::kKernels)
    add("+ kernel fusion (for torch.compile)", 1.5, 1.0,
        train ? "The guide compiles inference only; in C++ the fusion is done by hand."
              : "No --package was given, so hand-fused kernels stand in for torch.compile.");
  t.amp = Amp::kBf16;
  if (t.fusion == Fusion::kInductor)
    add("+ torch.compile and AMP", 3.0, 0.5, "The package computes in bf16.");
  else
    add("+ AMP", 3.0, 0.5);
  if (train) {
    t.checkpoint = Checkpoint::kFull;
    add("+ checkpointing", 3.0, 0.3);
  }
  t.buffers = Buffers::kReuse;
  t.inplace = Inplace::kOn;
  t.optimizer = Optimizer::kFused;
  add(train ? "+ buffers, in place, fused optimizer" : "+ buffers, in place", {}, {},
      "Section 5 of the guide; its table has no row for it.");
  if (cuda && replaysGraph(t, base.device)) return rungs; // the mode of the package is a graph
  if (cuda) {
    t.graph = Graph::kOn;
    add("+ CUDA graphs", 4.5, 0.3);
  }
  if (train) {
    t.checkpoint = Checkpoint::kSelective;
    add("selective checkpoint instead of full", {}, {}, "Preset full.");
  }
  return rungs;
}

Result<std::vector<RungResult>> measureStack(const Configuration &base, std::vector<Rung> rungs,
                                             std::int64_t rounds, std::int64_t steps) {
  std::vector<RungResult> results;
  std::vector<Contender> contenders;
  for (Rung &rung : rungs) {
    fmt::print(stderr, "counting: {}\n", rung.name);
    RungResult result;
    Configuration c = base;
    c.toggles = rung.toggles;
    c.sampleEvery = 0;
    {
      StepMeter meter(c.device);
      HOTLOOP_ASSIGN(const auto trainer, Trainer::create(c));
      std::int64_t index = 0;
      while (index < kSteadyFrom) HOTLOOP_TRY(trainer->step(index++));
      HOTLOOP_ASSIGN(result.activationBytes, meter.peakActivation(*trainer, index));
      result.persistent = trainer->persistent();
      result.processBytes = meter.processPeakBytes();
      HOTLOOP_ASSIGN(result.counts, meter.count(*trainer, index));
    }
    HOTLOOP_ASSIGN(result.accuracy, compareWithDouble(c));
    contenders.push_back({rung.name, c, nullptr, 0, {}});
    result.rung = std::move(rung);
    results.push_back(std::move(result));
  }
  HOTLOOP_TRY(warmUp(contenders, base.warmup));
  HOTLOOP_TRY(runRounds(contenders, rounds, steps));
  for (std::size_t i = 0; i < results.size(); ++i) {
    results[i].milliseconds = contenders[i].milliseconds;
    results[i].speedups = ratiosTo(contenders.front(), contenders[i]);
  }
  return results;
}

std::vector<std::string> explain(const std::vector<RungResult> &all, std::size_t index,
                                 const Configuration &base, bool nativeBf16) {
  std::vector<std::string> sentences;
  if (index == 0) return sentences;
  const RungResult &now = all[index], &before = all[index - 1], &first = all[0];
  const Toggles &t = now.rung.toggles, &u = before.rung.toggles;
  const bool cuda = base.device == Device::kCuda;
  const double step = quantile(before.milliseconds, 0.5) / quantile(now.milliseconds, 0.5);
  if (t.dispatch != u.dispatch)
    sentences.push_back(fmt::format(
        "Launches fall from {} to {} and host waits from {} to {} per step{}; the guide's 1.5x is "
        "of a model without per-expert host reads.",
        before.counts.launches, now.counts.launches, before.counts.syncs, now.counts.syncs,
        cuda ? ""
             : " (would-be: a CPU neither launches nor waits, so little time goes with them)"));
  if (t.amp != u.amp) {
    if (!cuda && !nativeBf16)
      sentences.push_back(fmt::format(
          "This processor has no bf16 instructions, so bf16 products are emulated: {:.2f}x of the "
          "rung before. The guide's 2-3x needs tensor cores.",
          step));
    else
      sentences.push_back(fmt::format(
          "{:.2f}x of the rung before: products run on {}, but router, residual, optimizer and the "
          "casts of the weights stay fp32, and weight-bound shapes only halve their bytes.",
          step, cuda ? "tensor cores" : "bf16 instructions"));
    sentences.push_back(fmt::format("Activations are {:.2f}x of the rung before; copies of the "
                                    "weights in bf16 ({:.1f} MiB) are "
                                    "on top of the fp32 ones, so the whole process does not halve.",
                                    ratio(now.activationBytes, before.activationBytes),
                                    static_cast<double>(now.persistent.weights) / 2 / (1 << 20)));
  }
  if (t.checkpoint != u.checkpoint)
    sentences.push_back(fmt::format(
        "A step takes {:+.0f} % and activations are {:.2f}x of the rung before; recomputing a "
        "whole "
        "layer repeats a third of the step's products{}.",
        100 * (1 / step - 1), ratio(now.activationBytes, before.activationBytes),
        base.sizes.layers < 4 ? fmt::format(", and with {} layer{} there is little to drop",
                                            base.sizes.layers, base.sizes.layers == 1 ? "" : "s")
                              : ""));
  if (t.graph != u.graph)
    sentences.push_back(fmt::format(
        "One graph launch replaces {} launches: {:.2f}x of the rung before. A graph pays where the "
        "host is slower than the device; the guide's 2-3x is such a case.",
        before.counts.launches, step));
  if (t.buffers != u.buffers)
    sentences.push_back(fmt::format(
        "Allocator events per step go from {} to {}{}.", before.counts.allocations,
        now.counts.allocations,
        now.counts.allocations > before.counts.allocations
            ? ": products by packed weights take two blocks of LibTorch's own per expert"
            : ""));
  if (now.rung.claimedMemory)
    sentences.push_back(fmt::format(
        "Against the baseline: {:.2f}x activations, {:.2f}x of the whole process (the guide does "
        "not say which it means).",
        ratio(now.activationBytes, first.activationBytes),
        ratio(now.processBytes, first.processBytes)));
  return sentences;
}

} // namespace hotloop::moe
