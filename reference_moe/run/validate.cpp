#include "reference_moe/run/validate.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "reference_moe/run/inspect.h"
#include "reference_moe/run/interleave.h"
#include "reference_moe/run/measure.h"
#include "reference_moe/run/statistics.h"

namespace hotloop::moe {
namespace {

using Status = Check::Status;

// Workspaces that cuBLAS keeps on a Hopper GPU, 64 MiB, and room for a small layer's activations.
constexpr std::int64_t kNegligible = std::int64_t{80} << 20; // bytes
constexpr std::int64_t kGraphSteps = 8; // three eager, one captured, the others with new routing

double mebibytes(std::int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

Check asked(const char *id, const char *question) {
  Check check;
  check.id = id;
  check.question = question;
  return check;
}

Check failed(Check check, const Error &error) {
  check.status = Status::kFail;
  check.detail = error.message;
  return check;
}

Check verdict(Check check, bool good, std::string detail) {
  check.status = good ? Status::kPass : Status::kFail;
  check.detail = std::move(detail);
  return check;
}

Check numerics(const Configuration &c) {
  Check check = asked("numerics", "Numerical accuracy within tolerance (<1% error)");
  const Result<Accuracy> result = compareWithDouble(c);
  if (!result) return failed(std::move(check), result.error());
  const Accuracy &a = *result;
  check.figures = {{"output_error", a.output},
                   {"difference", a.difference},
                   {"gradient_error", a.gradient},
                   {"naive_output_error", a.peerOutput},
                   {"naive_gradient_error", a.peerGradient}};
  // In fp32 rounding itself differs by what the sums' orders make of it: bounds, not peers.
  const bool reduced = c.toggles.amp != Amp::kOff;
  const bool peers =
      !reduced || (a.output <= 1.5 * a.peerOutput && a.gradient <= 1.5 * a.peerGradient);
  const bool bounds =
      a.output < 0.01 && a.difference < differenceBound(c) && (reduced || a.gradient < 1e-4);
  return verdict(std::move(check), a.finite && peers && bounds,
                 fmt::format("Against double precision: output {:.2e}, gradients {:.2e}; the naive "
                             "loop in the same format: {:.2e}, {:.2e}.",
                             a.output, a.gradient, a.peerOutput, a.peerGradient));
}

// What is learnt from running the configuration once: counts of two steady steps, memory.
struct Observed {
  StepCounts one, two;
  std::int64_t activation = 0, growth = 0;
};

Result<Observed> observe(const Configuration &c) {
  Observed observed;
  StepMeter meter(c.device);
  HOTLOOP_ASSIGN(const auto trainer, Trainer::create(c));
  std::int64_t index = 0;
  while (index < 3) HOTLOOP_TRY(trainer->step(index++));
  HOTLOOP_ASSIGN(observed.activation, meter.peakActivation(*trainer, index));
  HOTLOOP_ASSIGN(observed.one, meter.count(*trainer, index++));
  const std::int64_t before = meter.bytes();
  HOTLOOP_ASSIGN(observed.two, meter.count(*trainer, index++));
  for (int i = 0; i < 2; ++i) HOTLOOP_TRY(trainer->step(index++));
  trainer->synchronize();
  observed.growth = meter.bytes() - before;
  return observed;
}

Check noSync(const Configuration &c, const Result<Observed> &observed) {
  Check check = asked("no_sync", "No CUDA synchronization in hot paths");
  if (!observed) return failed(std::move(check), observed.error());
  const StepCounts &counts = observed->one;
  check.figures = {{"syncs", counts.syncs},
                   {"copies_to_host", counts.copiesToHost},
                   {"launches", counts.launches},
                   {"graph_launches", counts.graphLaunches},
                   {"allocations", counts.allocations}};
  const bool cuda = c.device == Device::kCuda;
  return verdict(
      std::move(check), counts.syncs == 0 && counts.copiesToHost == 0,
      fmt::format("{} {} of the host and {} copies to it in a steady step of {} launches.",
                  counts.syncs, cuda ? "waits" : "would-be waits", counts.copiesToHost,
                  counts.launches));
}

Check fixedGraph(const Configuration &c, const Result<Observed> &observed) {
  Check check = asked("fixed_graph", "Fixed computation graph (for compilation)");
  if (!observed) return failed(std::move(check), observed.error());
  const bool cuda = c.device == Device::kCuda;
  check.figures = {{"launches", {observed->one.launches, observed->two.launches}}};
  const bool same = observed->one.signature == observed->two.signature;
  return verdict(std::move(check), same,
                 fmt::format("Two steps with different tokens run {} {}{}.",
                             same ? "the same" : "different", cuda ? "kernels" : "operators",
                             cuda ? "" : " on the same shapes"));
}

Check memory(const Result<Observed> &observed, const Result<Observed> &baseline,
             const ValidateOptions &options) {
  Check check = asked("memory", "Memory usage acceptable");
  if (!observed) return failed(std::move(check), observed.error());
  if (!baseline) return failed(std::move(check), baseline.error());
  const std::int64_t limit = options.memoryLimit > 0
                                 ? options.memoryLimit
                                 : std::max(baseline->activation * 5 / 4, kNegligible);
  check.figures = {{"activation_bytes", observed->activation},
                   {"limit_bytes", limit},
                   {"growth_bytes", observed->growth}};
  return verdict(std::move(check), observed->activation <= limit && observed->growth == 0,
                 fmt::format("Activations {:.2f} MiB of at most {:.2f} ({}); {} bytes more after "
                             "further steps.",
                             mebibytes(observed->activation), mebibytes(limit),
                             options.memoryLimit > 0
                                 ? "--memory-limit"
                                 : fmt::format("a quarter above the baseline, or {:.0f}",
                                               mebibytes(kNegligible)),
                             observed->growth));
}

Check speedup(const Configuration &c, const Configuration &baseline,
              const ValidateOptions &options) {
  Check check = asked("speedup", "Speedup matches expectations");
  std::vector<Contender> contenders;
  contenders.push_back({"baseline", baseline, nullptr, 0, {}});
  contenders.push_back({"configuration", c, nullptr, 0, {}});
  Result<void> ran = warmUp(contenders, 3);
  if (ran) ran = runRounds(contenders, options.rounds, options.steps);
  if (!ran) return failed(std::move(check), ran.error());
  const std::vector<double> ratios = ratiosTo(contenders[0], contenders[1]);
  check.figures = {{"speedup", spread(ratios)}, {"expected", options.expectSpeedup}};
  return verdict(std::move(check), quantile(ratios, 0.9) >= options.expectSpeedup,
                 fmt::format("{:.2f}x of the baseline ({:.2f} to {:.2f}, p10 to p90); at least "
                             "{:.2f}x was expected.",
                             quantile(ratios, 0.5), quantile(ratios, 0.1), quantile(ratios, 0.9),
                             options.expectSpeedup));
}

Check dynamicBatch(const Configuration &c) {
  Check check = asked("dynamic_batch", "Works with dynamic batch sizes (if needed)");
  if (c.toggles.fusion == Fusion::kInductor) {
    check.status = Status::kNotApplicable;
    check.detail = "The package is compiled for one number of tokens.";
    return check;
  }
  const Result<double> error = dynamicBatchError(c);
  if (!error) return failed(std::move(check), error.error());
  check.figures = {{"output_error", *error}};
  return verdict(
      std::move(check), *error < 0.01,
      fmt::format("With fewer tokens, down to one: output {:.2e} from double precision.", *error));
}

Check equalRuns(const Configuration &c) {
  Check check = asked("equal_runs", "Two runs are bit-equal");
  const Result<std::uint64_t> one = fingerprintAfter(c, kGraphSteps);
  const Result<std::uint64_t> two = fingerprintAfter(c, kGraphSteps);
  if (!one) return failed(std::move(check), one.error());
  if (!two) return failed(std::move(check), two.error());
  return verdict(std::move(check), *one == *two,
                 fmt::format("Parameters and output after {} steps: {:016x} and {:016x}.",
                             kGraphSteps, *one, *two));
}

Check graphEqualsEager(const Configuration &c) {
  Check check =
      asked("graph_equals_eager", "Graph replay, with routing other than at capture, is bit-equal "
                                  "to eager steps");
  if (!replaysGraph(c.toggles, c.device)) {
    check.status = Status::kNotApplicable;
    check.detail = "No graph.";
    return check;
  }
  Configuration eager = c;
  eager.toggles.graph = Graph::kOff;
  if (eager.toggles.inductor == Inductor::kReduceOverhead)
    eager.toggles.inductor = Inductor::kDefault;
  if (eager.toggles.inductor == Inductor::kMaxAutotune)
    eager.toggles.inductor = Inductor::kMaxAutotuneNoCudagraphs;
  const Result<std::uint64_t> one = fingerprintAfter(c, kGraphSteps);
  const Result<std::uint64_t> two = fingerprintAfter(eager, kGraphSteps);
  if (!one) return failed(std::move(check), one.error());
  if (!two) return failed(std::move(check), two.error());
  return verdict(
      std::move(check), *one == *two,
      fmt::format("After {} steps: {:016x} replayed, {:016x} eager.", kGraphSteps, *one, *two));
}

Check emptyExperts(const Configuration &c) {
  Check check = asked("empty_experts", "Gradients of experts without tokens are exactly zero");
  if (c.toggles.mode == Mode::kInference || c.sizes.topK == c.sizes.experts) {
    check.status = Status::kNotApplicable;
    check.detail = c.toggles.mode == Mode::kInference ? "Inference has no gradients."
                                                      : "Every expert gets every token.";
    return check;
  }
  const Result<bool> zero = emptyExpertsGetZero(c);
  if (!zero) return failed(std::move(check), zero.error());
  return verdict(std::move(check), *zero,
                 fmt::format("All tokens to {} of {} experts: the others' gradients are {}.",
                             c.sizes.topK, c.sizes.experts, *zero ? "zero" : "not zero"));
}

} // namespace

std::vector<Check> validate(const Configuration &configuration, const ValidateOptions &options) {
  Configuration c = configuration;
  c.sampleEvery = 0;
  Configuration baseline = c;
  baseline.toggles = Toggles{};
  baseline.toggles.mode = c.toggles.mode;
  const Result<Observed> observed = observe(c), naive = observe(baseline);
  return {numerics(c),
          noSync(c, observed),
          fixedGraph(c, observed),
          memory(observed, naive, options),
          speedup(c, baseline, options),
          dynamicBatch(c),
          equalRuns(c),
          graphEqualsEager(c),
          emptyExperts(c)};
}

bool passes(const std::vector<Check> &checks) {
  return std::none_of(checks.begin(), checks.end(),
                      [](const Check &check) { return check.status == Status::kFail; });
}

} // namespace hotloop::moe
