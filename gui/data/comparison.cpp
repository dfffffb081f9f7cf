#include "gui/data/comparison.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace hotloop::gui {
namespace {

constexpr std::size_t kMostParts = 9;

double steps(const RunDocument &document) {
  return std::max<double>(1, static_cast<double>(document.analysis.steps.total));
}

} // namespace

bool typicalStep(const Trace &trace, TraceStep &step) {
  std::vector<TraceStep> steady;
  for (const TraceStep &each : trace.steps) {
    if (each.steady) steady.push_back(each);
  }
  if (steady.empty()) steady = trace.steps;
  if (steady.empty()) return false;
  const auto middle = steady.begin() + static_cast<std::ptrdiff_t>(steady.size() / 2);
  std::nth_element(steady.begin(), middle, steady.end(),
                   [](const TraceStep &a, const TraceStep &b) {
                     const std::int64_t la = a.end - a.start;
                     const std::int64_t lb = b.end - b.start;
                     return la != lb ? la < lb : a.start < b.start;
                   });
  step = *middle;
  return step.end > step.start;
}

Comparison compareRuns(const std::vector<RunDocumentPtr> &runs) {
  Comparison comparison;
  std::map<std::string, ComparedName> byName;
  for (std::size_t run = 0; run < runs.size(); ++run) {
    const Analysis &analysis = runs[run]->analysis;
    comparison.stepNs.push_back(static_cast<double>(analysis.steps.duration.count));
    for (const CostRow &row : analysis.operators) {
      ComparedName &name = byName[row.name];
      name.name = row.name;
      name.selfNs.resize(runs.size(), 0);
      name.perStep.resize(runs.size(), 0);
      name.selfNs[run] = static_cast<double>(row.selfTime.count);
      name.perStep[run] = row.perStep;
    }
  }
  for (auto &[text, name] : byName) {
    name.change = name.selfNs.back() - name.selfNs.front();
    comparison.names.push_back(std::move(name));
  }
  std::stable_sort(comparison.names.begin(), comparison.names.end(),
                   [](const ComparedName &a, const ComparedName &b) {
                     return std::abs(a.change) > std::abs(b.change);
                   });
  if (runs.size() < 2) return comparison;
  comparison.times = compareTimes(runs.front()->models.profile, runs.back()->models.profile);
  double others = 0;
  std::size_t parts = 0;
  for (const OwnerDelta &owner : comparison.times.owners) {
    if (owner.deltaMs() == 0) continue;
    if (parts++ < kMostParts)
      comparison.waterfall.push_back({ownerLabel(owner), owner.deltaMs() * 1e6});
    else
      others += owner.deltaMs() * 1e6;
  }
  if (parts > kMostParts)
    comparison.waterfall.push_back(
        {std::to_string(parts - kMostParts) + " smaller changes", others});
  return comparison;
}

std::string ownerLabel(const OwnerDelta &owner) {
  // The last two operators of the path tell most.
  const std::size_t last = owner.opPath.rfind('/');
  const std::string leaf = owner.opPath.substr(last + 1); // npos + 1 is 0
  // An operator is known by its name, other owners by what they are.
  std::string label = owner.category == "operator" && !leaf.empty() ? "" : owner.category;
  if (last != std::string::npos && last > 0) {
    const std::size_t before = owner.opPath.rfind('/', last - 1);
    label += (label.empty() ? "" : " › ") + owner.opPath.substr(before + 1, last - before - 1);
  }
  if (!leaf.empty()) label += (label.empty() ? "" : " › ") + leaf;
  const std::size_t space = owner.family.rfind("::");
  if (!owner.family.empty())
    label += " › " + (space == std::string::npos ? owner.family : owner.family.substr(space + 2));
  if (leaf.empty() && owner.family.empty() && !owner.phase.empty()) label += " › " + owner.phase;
  return label;
}

std::vector<double> callTreeChanges(const RunDocument &before, const RunDocument &after) {
  const CallTree &base = before.models.callTree;
  const CallTree &tree = after.models.callTree;
  std::vector<double> changes(tree.nodes.size(), 0);
  if (base.nodes.empty() || tree.nodes.empty()) return changes;
  std::vector<std::uint32_t> match(tree.nodes.size(), kNoNode); // the same path in the base
  match[0] = 0;
  for (std::uint32_t i = 0; i < tree.nodes.size(); ++i) {
    const double cost = static_cast<double>(tree.nodes[i].total) / steps(after);
    const double was =
        match[i] == kNoNode ? 0 : static_cast<double>(base.nodes[match[i]].total) / steps(before);
    changes[i] = cost - was;
    if (match[i] == kNoNode) continue;
    std::map<std::string_view, std::uint32_t> known;
    for (const std::uint32_t child : base.nodes[match[i]].children)
      known.emplace(base.nodes[child].name, child);
    for (const std::uint32_t child : tree.nodes[i].children) {
      const auto found = known.find(tree.nodes[child].name);
      if (found != known.end()) match[child] = found->second;
    }
  }
  return changes;
}

} // namespace hotloop::gui
