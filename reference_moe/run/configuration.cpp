#include "reference_moe/run/configuration.h"

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

std::string whyIllegal(const Toggles &t, Device device, const Machine &machine) {
  if (device == Device::kCuda && !machine.cuda)
    return fmt::format("--device cuda: {}; use --device cpu.", machine.whyNoCuda);
  if (t.fusion == Fusion::kInductor)
    return "--fusion inductor needs a package compiled ahead of time by Python (torch.export and "
           "AOTInductor), and this build has no loader for one; use --fusion kernels.";
  if (t.fusion == Fusion::kKernels && device == Device::kCuda)
    return "--fusion kernels has only a CPU kernel in this build; with --device cuda use --fusion "
           "off.";
  if (t.amp == Amp::kFp16)
    return "--amp fp16 needs a gradient scaler and a GPU (fp16 overflows at 65504, and the CPU "
           "products have no fast fp16 path), and this build has neither; use --amp bf16.";
  if (t.graph == Graph::kOn && device == Device::kCpu)
    return "--graph on replays a CUDA graph, which only a CUDA device can run; with --device cpu "
           "there is nothing to capture, so leave it off.";
  if (t.graph == Graph::kOn)
    return "--graph on: this build cannot capture the step yet (static inputs and a capture stream "
           "are missing); leave it off.";
  if (t.mode == Mode::kInference && t.checkpoint != Checkpoint::kOff)
    return "--checkpoint recomputes in the backward pass, and inference has none; leave it off.";
  return {};
}

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
  if (std::string why = whyIllegal(c.toggles, c.device, machine); !why.empty())
    return Unexpected(unsupported(std::move(why)));
  return {};
}

std::string describe(const Toggles &toggles) {
  std::string text;
  for (const ToggleName &toggle : toggleNames()) {
    if (toggles.mode == Mode::kInference && !toggle.usedInInference) continue;
    fmt::format_to(std::back_inserter(text), "{}{}={}", text.empty() ? "" : " ", toggle.name,
                   toggle.values[static_cast<std::size_t>(toggle.get(toggles))]);
  }
  return text;
}

} // namespace hotloop::moe
