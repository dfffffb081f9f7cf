#include "reference_moe/run/configuration.h"

#include <algorithm>

#include <fmt/format.h>

#include "reference_moe/run/names.h"

namespace hotloop::moe {
namespace {

constexpr std::int64_t kMaxSize = std::int64_t{1} << 31;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 34; // 64 GiB of float

struct NamedSize {
  const char *flag;
  std::int64_t value;
};

Result<void> checkProduct(const char *what, std::initializer_list<std::int64_t> factors) {
  std::int64_t product = 1;
  for (std::int64_t factor : factors) {
    if (!__builtin_mul_overflow(product, factor, &product) && product <= kMaxElements) continue;
    return Unexpected(invalidInput(fmt::format(
        "{} would have more than {} elements; choose smaller sizes.", what, kMaxElements)));
  }
  return {};
}

} // namespace

Result<void> checkSizes(const Sizes &s) {
  const NamedSize sizes[] = {{"tokens", s.tokens},   {"dim", s.dim},    {"hidden", s.hidden},
                             {"experts", s.experts}, {"top-k", s.topK}, {"layers", s.layers}};
  for (const NamedSize &size : sizes) {
    if (size.value < 1)
      return Unexpected(
          invalidInput(fmt::format("--{} is {}; it must be at least 1.", size.flag, size.value)));
    if (size.value >= kMaxSize)
      return Unexpected(invalidInput(
          fmt::format("--{} is {}; it must be below {}.", size.flag, size.value, kMaxSize)));
  }
  if (s.topK > s.experts)
    return Unexpected(invalidInput(fmt::format(
        "--top-k is {} but there are only {} experts; a token can go to each expert once, "
        "so choose --top-k <= --experts.",
        s.topK, s.experts)));
  HOTLOOP_TRY(checkProduct("The weights of the experts (layers x experts x 3 x hidden x dim)",
                           {s.layers, s.experts, 3, s.hidden, s.dim}));
  HOTLOOP_TRY(checkProduct("The hidden rows of a step (tokens x top-k x 2 x hidden)",
                           {s.tokens, s.topK, 2, s.hidden}));
  HOTLOOP_TRY(
      checkProduct("The routed rows of a step (tokens x top-k x dim)", {s.tokens, s.topK, s.dim}));
  return checkProduct("The router's table (tokens x experts)", {s.tokens, s.experts});
}

bool Machine::hasCudaKernels(Amp amp) const {
  return std::find(cudaKernels.begin(), cudaKernels.end(), amp) != cudaKernels.end();
}

bool replaysGraph(const Toggles &t, Device device) {
  if (device != Device::kCuda) return false;
  const bool compiled = t.fusion == Fusion::kInductor && t.mode == Mode::kInference;
  return t.graph == Graph::kOn || (compiled && (t.inductor == Inductor::kReduceOverhead ||
                                                t.inductor == Inductor::kMaxAutotune));
}

std::string whyNotCapturable(const Toggles &t, const Machine &machine) {
  const bool compiled = t.fusion == Fusion::kInductor && t.mode == Mode::kInference;
  if (!compiled && (t.dispatch == Dispatch::kNaive || t.dispatch == Dispatch::kStacked))
    return "--graph on: --dispatch naive and stacked read the tokens of every expert back to the "
           "host, and a capture cannot wait for the device; use --dispatch grouped or dense.";
  if (t.dispatch == Dispatch::kGrouped && t.amp != Amp::kBf16 &&
      (t.fusion == Fusion::kOff || !machine.hasCudaKernels(t.amp)))
    return "--graph on: at::_grouped_mm of LibTorch 2.11 reads the group ends back to the host in "
           "fp32 and fp16, which a capture cannot do; use --amp bf16, or --dispatch dense.";
  if (t.mode == Mode::kTrain && t.optimizer != Optimizer::kFused)
    return "--graph on: --optimizer single and foreach compute the bias correction from a step "
           "counter on the host, which a graph would freeze; use --optimizer fused.";
  if (t.mode == Mode::kTrain && t.amp == Amp::kFp16 && t.scaler == Scaler::kNaive)
    return "--graph on: --scaler naive reads back whether a gradient overflowed, and a capture "
           "cannot wait for the device; use --scaler device.";
  return {};
}

std::string whyIllegal(const Toggles &t, Device device, const Machine &machine) {
  if (device == Device::kCuda && !machine.cuda)
    return fmt::format("--device cuda: {}; use --device cpu.", machine.whyNoCuda);
  if (t.fusion == Fusion::kInductor && t.mode == Mode::kTrain)
    return "--fusion inductor runs a package that was compiled ahead of time for the forward pass "
           "only; for --mode train use --fusion kernels.";
  if (t.fusion == Fusion::kInductor && t.dispatch != Dispatch::kGrouped &&
      t.dispatch != Dispatch::kDense)
    return "--fusion inductor: torch.export cannot trace the loops of --dispatch naive and stacked "
           "(they branch on tensor values); use --dispatch grouped or dense.";
  if (t.fusion == Fusion::kKernels && device == Device::kCuda && !machine.hasCudaKernels(t.amp))
    return machine.cudaKernels.empty()
               ? "--fusion kernels: this build has no CUDA kernels; with --device cuda use "
                 "--fusion off, or build with HOTLOOP_WITH_CUDA=ON."
               : "--fusion kernels has no CUDA kernel for this --amp on this device; use --amp "
                 "bf16.";
  if (t.fusion == Fusion::kKernels && device == Device::kCuda && t.dispatch != Dispatch::kGrouped)
    return "--fusion kernels on a GPU does the whole layer, from the router to the weighted sum, "
           "so "
           "it comes with --dispatch grouped only; use that, or --fusion off.";
  if (t.mode == Mode::kTrain && t.amp == Amp::kFp16 && t.scaler == Scaler::kDevice &&
      t.optimizer != Optimizer::kFused)
    return "--scaler device skips an overflowed step on the device, which only --optimizer fused "
           "can do; use it, or --scaler naive, which reads the overflow back in every step.";
  if (t.graph == Graph::kOn && device == Device::kCpu)
    return "--graph on replays a CUDA graph, which only a CUDA device can run; with --device cpu "
           "there is nothing to capture, so leave it off.";
  if (t.mode == Mode::kInference && t.checkpoint != Checkpoint::kOff)
    return "--checkpoint recomputes in the backward pass, and inference has none; leave it off.";
  if (replaysGraph(t, device)) return whyNotCapturable(t, machine);
  return {};
}

std::int64_t leastBytes(const Configuration &c) {
  const Sizes &s = c.sizes;
  const std::int64_t rows = c.activation == Activation::kSwiglu ? 3 : 2;
  const std::int64_t weights = s.layers * s.experts * (rows * s.hidden + 1) * s.dim;
  const bool train = c.toggles.mode == Mode::kTrain;
  // fp32 weights; gradient and two moments; the copy in the compute type that --buffers keeps.
  std::int64_t bytes = weights * (train ? 16 : 4);
  if (c.toggles.amp != Amp::kOff && c.toggles.buffers == Buffers::kReuse) bytes += weights * 2;
  const std::int64_t wide = c.toggles.amp == Amp::kOff ? 4 : 2;
  const std::int64_t routed = s.tokens * s.topK * (s.dim + (rows - 1) * s.hidden) * wide;
  const bool keepsAll = train && c.toggles.checkpoint != Checkpoint::kFull;
  return bytes + 8 * s.tokens * s.dim * 4 + routed * (keepsAll ? s.layers : 1);
}

namespace {

Result<void> checkMemory(const Configuration &c, const Machine &machine) {
  const bool cuda = c.device == Device::kCuda;
  const std::int64_t has = cuda ? machine.deviceBytes : machine.hostBytes, needs = leastBytes(c);
  if (has == 0 || needs <= has) return {};
  return Unexpected(unsupported(fmt::format(
      "Out of memory: weights, optimizer state and activations take at least {:.1f} GiB, and the "
      "{} has {:.1f} GiB; lower --experts, --hidden, --layers or --tokens, or use --amp bf16 and "
      "--checkpoint full.",
      static_cast<double>(needs) / (1 << 30), cuda ? "GPU" : "machine",
      static_cast<double>(has) / (1 << 30))));
}

Result<void> checkUnsafeInGraph(const Configuration &c) {
  if (!replaysGraph(c.toggles, c.device)) return {};
  for (std::size_t i = 0; i < c.unsafe.size(); ++i)
    if (c.unsafe[i])
      return Unexpected(unsupported(
          fmt::format("--unsafe {} cannot stand in a CUDA graph: {}; use --graph off to show it.",
                      unsafeNames()[i],
                      i == static_cast<std::size_t>(Unsafe::kGrowingList) ||
                              i == static_cast<std::size_t>(Unsafe::kVaryingShape)
                          ? "its shapes change from step to step, and a graph replays fixed ones"
                          : "it reads a value back, and a capture cannot wait for the device")));
  for (const Delay &delay : c.delays)
    if (delay.kind != Delay::Kind::kKernel && delay.place != "step")
      return Unexpected(unsupported(
          "--inject-delay inside a replayed graph can only slow kernels (kernel:PLACE) or the "
          "host around it (host:step); use --graph off for the others."));
  return {};
}

} // namespace

Result<void> check(const Configuration &c, const Machine &machine) {
  HOTLOOP_TRY(checkSizes(c.sizes));
  if (c.steps < 1 || c.steps > 100'000'000)
    return Unexpected(
        invalidInput(fmt::format("--steps is {}; it must be 1 to 100000000.", c.steps)));
  if (c.warmup < 0)
    return Unexpected(invalidInput(fmt::format("--warmup is {}; it must be 0 or more.", c.warmup)));
  if (c.threads < 0 || c.threads > 4096)
    return Unexpected(
        invalidInput(fmt::format("--threads is {}; it must be 0 (automatic) to 4096.", c.threads)));
  if (c.sampleEvery < 0)
    return Unexpected(invalidInput(
        fmt::format("--sample-every is {}; it must be 0 (never) or more.", c.sampleEvery)));
  if (c.device == Device::kCuda && c.toggles.dispatch == Dispatch::kGrouped &&
      (c.sizes.dim % 8 != 0 || c.sizes.hidden % 8 != 0))
    return Unexpected(invalidInput(fmt::format(
        "--dispatch grouped on a GPU needs --dim and --hidden to be multiples of 8 (rows "
        "of 16 bytes), and they are {} and {}.",
        c.sizes.dim, c.sizes.hidden)));
  if (c.device == Device::kCuda && c.toggles.fusion == Fusion::kKernels &&
      (c.sizes.experts > 256 || c.sizes.topK > 32))
    return Unexpected(unsupported(fmt::format(
        "--fusion kernels on a GPU goes to 256 experts and --top-k 32, and these are {} and {}; "
        "use --fusion off.",
        c.sizes.experts, c.sizes.topK)));
  if (!(c.clip >= 0))
    return Unexpected(invalidInput(fmt::format("--clip is {}; it must be 0 or more.", c.clip)));
  for (const std::int64_t tokens : c.tokenCycle)
    if (tokens > c.sizes.tokens)
      return Unexpected(invalidInput(
          fmt::format("--token-cycle has {}; it must not be above --tokens, which is {}.", tokens,
                      c.sizes.tokens)));
  if (std::string why = whyIllegal(c.toggles, c.device, machine); !why.empty())
    return Unexpected(unsupported(std::move(why)));
  if (c.toggles.fusion == Fusion::kInductor && c.package.empty())
    return Unexpected(invalidInput(
        "--fusion inductor needs --package FILE.pt2, compiled ahead of time for these sizes: "
        "reference_moe/export/package.py makes one."));
  HOTLOOP_TRY(checkUnsafeInGraph(c));
  return checkMemory(c, machine);
}

std::string describe(const Toggles &toggles) {
  std::string text;
  for (const ToggleName &toggle : toggleNames()) {
    if (!toggle.meaningful(toggles)) continue;
    fmt::format_to(std::back_inserter(text), "{}{}={}", text.empty() ? "" : " ", toggle.name,
                   toggle.values[static_cast<std::size_t>(toggle.get(toggles))]);
    if (toggle.name == "fusion" && toggles.fusion == Fusion::kInductor)
      fmt::format_to(std::back_inserter(text), ":{}", nameOf(toggles.inductor, inductorModes()));
  }
  return text;
}

} // namespace hotloop::moe
