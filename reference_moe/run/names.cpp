#include "reference_moe/run/names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace hotloop::moe {
namespace {

constexpr std::array<std::string_view, 4> kDispatch{"naive", "stacked", "dense", "grouped"};
constexpr std::array<std::string_view, 3> kFusion{"off", "kernels", "inductor"};
constexpr std::array<std::string_view, 3> kAmp{"off", "bf16", "fp16"};
constexpr std::array<std::string_view, 3> kCheckpoint{"off", "full", "selective"};
constexpr std::array<std::string_view, 2> kOffOn{"off", "on"};
constexpr std::array<std::string_view, 2> kBuffers{"fresh", "reuse"};
constexpr std::array<std::string_view, 3> kOptimizer{"single", "foreach", "fused"};
constexpr std::array<std::string_view, 2> kScaler{"device", "naive"};
constexpr std::array<std::string_view, 3> kSkew{"uniform", "zipf", "one-hot"};
constexpr std::array<std::string_view, 4> kDelayKinds{"host", "launch", "kernel", "copy"};
constexpr std::array<std::string_view, 10> kDelayPlaces{"step",    "forward",  "router", "permute",
                                                        "experts", "combine",  "loss",   "backward",
                                                        "clip",    "optimizer"};
constexpr std::array<std::string_view, 2> kMode{"train", "inference"};
constexpr std::array<std::string_view, 2> kActivation{"gelu", "swiglu"};
constexpr std::array<std::string_view, 2> kDevice{"cpu", "cuda"};
constexpr std::array<std::string_view, kUnsafeCount> kUnsafe{
    "item", "print", "branch", "growing-list", "varying-shape", "boolean-mask"};
constexpr std::array<std::string_view, 4> kInductorModes{
    "default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"};

template <auto Member> int get(const Toggles &toggles) { return static_cast<int>(toggles.*Member); }
template <auto Member> void set(Toggles &toggles, int value) {
  using Value = std::remove_reference_t<decltype(toggles.*Member)>;
  toggles.*Member = static_cast<Value>(value);
}

template <auto Member>
ToggleName toggle(std::string_view name, std::span<const std::string_view> values,
                  bool usedInInference, std::string_view what) {
  return {name, values, &get<Member>, &set<Member>, usedInInference, what};
}

std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string choices(std::span<const std::string_view> values) {
  return fmt::format("{}", fmt::join(values, ", "));
}

} // namespace

std::span<const ToggleName> toggleNames() {
  static const std::array<ToggleName, 10> kNames{
      toggle<&Toggles::mode>("mode", kMode, true, "training step or forward only"),
      toggle<&Toggles::dispatch>("dispatch", kDispatch, true, "how tokens reach their experts"),
      toggle<&Toggles::fusion>("fusion", kFusion, true, "router as stock operators or one kernel"),
      toggle<&Toggles::amp>("amp", kAmp, true, "number format of the experts' products"),
      toggle<&Toggles::checkpoint>("checkpoint", kCheckpoint, false,
                                   "recompute in the backward pass: the layer, or the activation"),
      toggle<&Toggles::graph>("graph", kOffOn, true, "replay the step as a CUDA graph"),
      toggle<&Toggles::buffers>("buffers", kBuffers, true, "new tensors each step, or kept ones"),
      toggle<&Toggles::inplace>("inplace", kOffOn, true, "write over operands where that is legal"),
      toggle<&Toggles::optimizer>("optimizer", kOptimizer, false,
                                  "AdamW per parameter, per operation, or in one operator"),
      toggle<&Toggles::scaler>("scaler", kScaler, false,
                               "fp16 loss scale kept on the device, or read back in every step"),
  };
  return kNames;
}

bool ToggleName::meaningful(const Toggles &toggles) const {
  if (toggles.mode == Mode::kInference && !usedInInference) return false;
  return name != "scaler" || toggles.amp == Amp::kFp16;
}

std::span<const std::string_view> unsafeNames() { return kUnsafe; }
std::span<const std::string_view> activationNames() { return kActivation; }
std::span<const std::string_view> deviceNames() { return kDevice; }
std::span<const std::string_view> inductorModes() { return kInductorModes; }
std::span<const std::string_view> skewNames() { return kSkew; }
std::span<const std::string_view> delayKinds() { return kDelayKinds; }
std::span<const std::string_view> delayPlaces() { return kDelayPlaces; }

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> words) {
  std::optional<std::string_view> best;
  std::size_t bestDistance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (std::string_view candidate : words) {
    const std::size_t distance = editDistance(word, candidate);
    if (distance >= bestDistance || distance >= candidate.size()) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

Result<int> parseChoice(std::string_view flag, std::string_view value,
                        std::span<const std::string_view> values) {
  const auto found = std::find(values.begin(), values.end(), value);
  if (found != values.end()) return static_cast<int>(found - values.begin());
  const auto near = nearest(value, values);
  return Unexpected(
      invalidInput(fmt::format("--{}: '{}' is not one of {}.{}", flag, value, choices(values),
                               near ? fmt::format(" Did you mean '{}'?", *near) : "")));
}

Result<void> setToggle(Toggles &toggles, std::string_view name, std::string_view value) {
  std::vector<std::string_view> names;
  for (const ToggleName &toggle : toggleNames()) {
    names.push_back(toggle.name);
    if (toggle.name != name) continue;
    const std::size_t colon = value.find(':');
    if (name == "fusion" && colon != value.npos && value.substr(0, colon) == "inductor") {
      HOTLOOP_ASSIGN(const int mode,
                     parseChoice("fusion inductor", value.substr(colon + 1), kInductorModes));
      toggles.inductor = static_cast<Inductor>(mode);
      value = value.substr(0, colon);
    }
    HOTLOOP_ASSIGN(const int index, parseChoice(name, value, toggle.values));
    toggle.set(toggles, index);
    return {};
  }
  const auto near = nearest(name, names);
  return Unexpected(
      invalidInput(fmt::format("'{}' is not a toggle; the toggles are {}.{}", name, choices(names),
                               near ? fmt::format(" Did you mean '{}'?", *near) : "")));
}

Result<Delay> parseDelay(std::string_view text) {
  const std::size_t colon = text.find(':'), equals = text.find('=');
  if (colon == text.npos || equals == text.npos || colon > equals)
    return Unexpected(
        invalidInput(fmt::format("--inject-delay: '{}' is not KIND:PLACE=MICROSECONDS, such as "
                                 "host:router=50; kinds: {}; places: {}.",
                                 text, choices(kDelayKinds), choices(kDelayPlaces))));
  Delay delay;
  HOTLOOP_ASSIGN(const int kind, parseChoice("inject-delay", text.substr(0, colon), kDelayKinds));
  HOTLOOP_ASSIGN(
      const int place,
      parseChoice("inject-delay", text.substr(colon + 1, equals - colon - 1), kDelayPlaces));
  delay.kind = static_cast<Delay::Kind>(kind);
  delay.place = kDelayPlaces[static_cast<std::size_t>(place)];
  const std::string_view number = text.substr(equals + 1);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), delay.microseconds);
  if (error != std::errc() || end != number.data() + number.size() ||
      !(delay.microseconds >= 0 && delay.microseconds <= 1e6))
    return Unexpected(invalidInput(fmt::format(
        "--inject-delay: '{}' is not a number of microseconds from 0 to 1000000.", number)));
  return delay;
}

Result<std::vector<std::int64_t>> parseNumbers(std::string_view flag, std::string_view list) {
  std::vector<std::int64_t> numbers;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(list.data(), list.data() + comma, value);
    if (error != std::errc() || end != list.data() + comma || value < 1)
      return Unexpected(invalidInput(fmt::format("--{}: '{}' is not a whole number of at least 1.",
                                                 flag, list.substr(0, comma))));
    numbers.push_back(value);
    if (comma == list.size()) break;
    list = list.substr(comma + 1);
    if (list.empty()) return Unexpected(invalidInput(fmt::format("--{} ends with a comma.", flag)));
  }
  return numbers;
}

Result<void> parseUnsafe(std::string_view list, Configuration &configuration) {
  configuration.unsafe.fill(false);
  if (list.empty() || list == "none") return {};
  while (true) {
    const std::size_t comma = list.find(',');
    HOTLOOP_ASSIGN(const int index, parseChoice("unsafe", list.substr(0, comma), kUnsafe));
    configuration.unsafe[static_cast<std::size_t>(index)] = true;
    if (comma == list.npos) return {};
    list = list.substr(comma + 1);
  }
}

} // namespace hotloop::moe
