#include "reference_moe/run/fallback.h"

#include <algorithm>

#include <fmt/format.h>

namespace hotloop::moe {
namespace {

std::optional<WayOut> withLessMemory(const Configuration &failed, const std::string &why) {
  WayOut way{failed, {}};
  Toggles &t = way.next.toggles;
  std::string remedy;
  if (t.mode == Mode::kTrain && t.checkpoint != Checkpoint::kFull) {
    t.checkpoint = Checkpoint::kFull;
    remedy = "--checkpoint full";
  } else if (t.amp == Amp::kOff) {
    t.amp = Amp::kBf16;
    remedy = "--amp bf16";
  } else if (failed.sizes.tokens > 1) {
    way.next.sizes.tokens /= 2;
    for (std::int64_t &tokens : way.next.tokenCycle)
      tokens = std::min(tokens, way.next.sizes.tokens);
    remedy = fmt::format("half of the tokens, {}", way.next.sizes.tokens);
  } else {
    return std::nullopt;
  }
  way.sentence = fmt::format("Trouble: {} Trying again with {}.", why, remedy);
  return way;
}

} // namespace

Trouble troubleOf(const Configuration &failed, const Error &error) {
  const std::string &text = error.message;
  if (text.starts_with("Out of memory")) return Trouble::kMemory;
  const Toggles &t = failed.toggles;
  if (t.fusion == Fusion::kInductor && text.starts_with("--package")) return Trouble::kCompile;
  if (t.fusion == Fusion::kInductor && text.starts_with("--fusion inductor"))
    return Trouble::kCompile;
  if (t.graph == Graph::kOn &&
      (text.starts_with("--graph on") || text.starts_with("The CUDA graph could not") ||
       text.find("cannot stand in a CUDA graph") != text.npos))
    return Trouble::kCapture;
  return Trouble::kNone;
}

std::optional<WayOut> wayOut(const Configuration &failed, const Error &error) {
  WayOut way{failed, {}};
  switch (troubleOf(failed, error)) {
  case Trouble::kCompile:
    way.next.toggles.fusion = Fusion::kKernels;
    way.sentence = fmt::format(
        "Trouble: the compiled layer cannot be used. {} Running --fusion kernels instead.",
        error.message);
    return way;
  case Trouble::kMemory: return withLessMemory(failed, error.message);
  case Trouble::kCapture:
    way.next.toggles.graph = Graph::kOff;
    way.sentence = fmt::format(
        "Trouble: the step cannot be captured. {} Running --graph off instead.", error.message);
    return way;
  case Trouble::kSlower:
  case Trouble::kNone: break;
  }
  return std::nullopt;
}

Result<Configuration> settle(Configuration configuration, const Machine &machine,
                             std::vector<std::string> &notes) {
  while (true) {
    const Result<void> checked = check(configuration, machine);
    if (checked) return configuration;
    std::optional<WayOut> way = wayOut(configuration, checked.error());
    if (!way) return Unexpected(checked.error());
    notes.push_back(std::move(way->sentence));
    configuration = std::move(way->next);
  }
}

std::optional<WayOut> unoptimized(const Configuration &configuration) {
  WayOut way{configuration, {}};
  way.next.toggles.fusion = Fusion::kOff;
  way.next.toggles.graph = Graph::kOff;
  if (way.next.toggles == configuration.toggles) return std::nullopt;
  way.sentence = "--fusion off --graph off";
  return way;
}

} // namespace hotloop::moe
