#include "analyzers/timeline/recommend.h"

#include <algorithm>

#include "analyzers/moe_command.h"
#include "analyzers/timeline/transforms.h"
#include "core/trace/meta_keys.h"

namespace hotloop {

namespace {

constexpr double kLeastShare = 0.005;
constexpr double kLeastMs = 0.02;

bool fired(std::span<const std::string> rules, std::string_view id) {
  return std::find(rules.begin(), rules.end(), id) != rules.end();
}

std::string flagsOf(std::string_view fix) {
  const MoeFix *known = findMoeFix(fix);
  return known == nullptr ? std::string() : std::string(known->flags);
}

} // namespace

std::vector<Toggle> knownToggles(const WhatIf &whatIf, std::span<const std::string> rules) {
  const bool expertLoop = fired(rules, "HL104") || fired(rules, "HL603");
  std::vector<Toggle> toggles;
  toggles.push_back({"waits", expertLoop ? flagsOf("dispatch") : "",
                     "Keep values on the device: read them back every so many steps, not in each.",
                     removeSyncs(whatIf)});
  toggles.push_back(
      {"copies", "", "Pin the memory of copies and make them non-blocking.", asyncCopies(whatIf)});
  toggles.push_back({"buffers", flagsOf("buffers"),
                     "Take memory before the loop and keep it: no empty_cache, no new sizes.",
                     removeAllocations(whatIf)});
  toggles.push_back({"checkpoint", flagsOf("checkpoint"),
                     "Keep activations where memory allows it instead of computing them twice.",
                     dropRecompute(whatIf)});
  toggles.push_back({"host", "", "Move host work out of the loop, or to another thread.",
                     removeHostGaps(whatIf)});
  toggles.push_back(
      {"amp", flagsOf("amp"), "Run matrix products in bf16 under autocast.", retype(whatIf)});
  if (fired(rules, "HL605"))
    toggles.push_back({"fusion", flagsOf("fusion"), "Fuse the router and element-wise chains.",
                       fuseOps(whatIf, {}, 0.5)});
  toggles.push_back({"graph", flagsOf("graph"), "Capture the step as a CUDA graph and replay it.",
                     graph(whatIf)});
  return toggles;
}

Recommendation recommend(const WhatIf &whatIf, std::span<const Toggle> toggles) {
  Recommendation result;
  const std::string_view command = whatIf.trace().meta(meta_key::kCommand);
  result.isReference = isMoeCommand(command);
  if (!whatIf.whyNone().empty()) {
    result.together.abstained = whatIf.whyNone();
    return result;
  }
  std::vector<Edit> edits;
  std::vector<std::size_t> toggleOf;
  for (std::size_t i = 0; i < toggles.size(); ++i) {
    if (toggles[i].edit.graphStep || toggles[i].name == "graph") continue;
    if (!toggles[i].edit.whyNone.empty()) continue;
    edits.push_back(toggles[i].edit);
    toggleOf.push_back(i);
  }
  const double least = std::max(kLeastMs, kLeastShare * whatIf.baseline().ms);
  std::vector<Edit> taken;
  double reached = whatIf.baseline().ms;
  const auto take = [&](const Toggle &toggle, double adds, double ms) {
    taken.push_back(toggle.edit);
    result.toggles.push_back({toggle.name, toggle.flag, toggle.advice, true, adds, ms, {}});
    reached = ms;
  };
  for (const WhatIf::Stacked &row : whatIf.greedy(edits, least))
    take(toggles[toggleOf[row.edit]], row.marginalMs, row.together.ms);
  for (const Toggle &toggle : toggles) {
    if (toggle.name != "graph") continue;
    Toggle after = toggle;
    const Edit before = combine(taken);
    after.edit = graph(whatIf, {}, taken.empty() ? nullptr : &before);
    if (!after.edit.whyNone.empty()) continue;
    std::vector<Edit> all = taken;
    all.push_back(after.edit);
    const Prediction prediction = whatIf.predict(combine(all));
    if (prediction.abstained.empty() && reached - prediction.ms >= least)
      take(after, reached - prediction.ms, prediction.ms);
  }
  if (!taken.empty()) result.together = whatIf.predict(combine(taken));
  for (const Toggle &toggle : toggles) {
    // Its pattern is there, but nobody can tell what it gives.
    const bool unknown = toggle.name == "amp" || toggle.name == "fusion";
    if (unknown && !toggle.edit.whyNone.empty())
      result.toggles.push_back(
          {toggle.name, toggle.flag, toggle.advice, false, 0, 0, toggle.edit.whyNone});
  }
  if (!result.isReference) return result;
  result.command = command;
  for (RecommendedToggle &toggle : result.toggles)
    if (toggle.predicted && !toggle.flag.empty())
      result.command = withMoeFix(std::move(result.command), toggle.flag);
  if (result.command == command) return result;
  NearestPreset nearest = nearestMoePreset(result.command);
  result.preset = std::move(nearest.name);
  result.presetDiffers = std::move(nearest.differs);
  return result;
}

} // namespace hotloop
