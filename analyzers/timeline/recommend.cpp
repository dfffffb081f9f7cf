#include "analyzers/timeline/recommend.h"

#include <algorithm>

#include "analyzers/timeline/transforms.h"
#include "core/trace/meta_keys.h"

namespace hotloop {

namespace {

constexpr double kLeastShare = 0.005;
constexpr double kLeastMs = 0.02;

bool fired(std::span<const std::string> rules, std::string_view id) {
  return std::find(rules.begin(), rules.end(), id) != rules.end();
}

bool contains(const Recommendation &recommendation, std::string_view flag) {
  return std::any_of(recommendation.toggles.begin(), recommendation.toggles.end(),
                     [&](const RecommendedToggle &toggle) { return toggle.flag == flag; });
}

// The named configuration that these switches come nearest to.
std::string nearestPreset(const Recommendation &recommendation, std::string_view command) {
  const bool inference = command.find("inference") != command.npos;
  const auto count = std::count_if(recommendation.toggles.begin(), recommendation.toggles.end(),
                                   [](const RecommendedToggle &t) { return !t.flag.empty(); });
  if (count < 2) return {};
  if (contains(recommendation, "--graph on")) return "full";
  return inference ? "production-inference" : "production-training";
}

} // namespace

std::vector<Toggle> knownToggles(const WhatIf &whatIf, std::span<const std::string> rules) {
  const bool expertLoop = fired(rules, "HL104") || fired(rules, "HL603");
  std::vector<Toggle> toggles;
  toggles.push_back({"waits", expertLoop ? "--dispatch grouped" : "",
                     "Keep values on the device: read them back every so many steps, not in each.",
                     removeSyncs(whatIf)});
  toggles.push_back(
      {"copies", "", "Pin the memory of copies and make them non-blocking.", asyncCopies(whatIf)});
  toggles.push_back({"buffers", "--buffers reuse",
                     "Take memory before the loop and keep it: no empty_cache, no new sizes.",
                     removeAllocations(whatIf)});
  toggles.push_back({"checkpoint", "--checkpoint off",
                     "Keep activations where memory allows it instead of computing them twice.",
                     dropRecompute(whatIf)});
  toggles.push_back({"host", "", "Move host work out of the loop, or to another thread.",
                     removeHostGaps(whatIf)});
  toggles.push_back(
      {"amp", "--amp bf16", "Run matrix products in bf16 under autocast.", retype(whatIf)});
  if (fired(rules, "HL605"))
    toggles.push_back({"fusion", "--fusion kernels", "Fuse the router and element-wise chains.",
                       fuseOps(whatIf, {}, 0.5)});
  toggles.push_back(
      {"graph", "--graph on", "Capture the step as a CUDA graph and replay it.", graph(whatIf)});
  return toggles;
}

std::string withFlag(std::string command, std::string_view flag) {
  const std::size_t space = flag.find(' ');
  const std::string_view name = flag.substr(0, space);
  std::size_t at = command.find(name);
  while (at != command.npos) {
    const std::size_t end = at + name.size();
    const bool whole = (at == 0 || command[at - 1] == ' ') &&
                       (end == command.size() || command[end] == ' ' || command[end] == '=');
    if (whole) {
      std::size_t valueEnd = command.find(' ', end == command.size() ? end : end + 1);
      if (valueEnd == command.npos) valueEnd = command.size();
      return command.replace(at, valueEnd - at, flag);
    }
    at = command.find(name, end);
  }
  return command + " " + std::string(flag);
}

Recommendation recommend(const WhatIf &whatIf, std::span<const Toggle> toggles) {
  Recommendation result;
  const std::string_view command = whatIf.trace().meta(meta_key::kCommand);
  result.isReference = command.find("hotloop-moe") != command.npos;
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
  for (const RecommendedToggle &toggle : result.toggles)
    if (toggle.predicted && !toggle.flag.empty())
      result.command = withFlag(std::move(result.command), toggle.flag);
  result.preset = nearestPreset(result, command);
  return result;
}

} // namespace hotloop
