#include <algorithm>
#include <string_view>

#include "analyzers/timeline/site_filter.h"
#include "analyzers/timeline/transforms.h"

namespace hotloop {

using timeline::opRow;
using timeline::recordOf;
using timeline::SiteFilter;

namespace {

// What is left of an allocation that hits the cache, and of the operator after a fresh block, which
// is slow too (first touch). Source: whatif_h100 section 6.
constexpr double kLeftOfCall = 3'000;
constexpr double kCachedAllocation = 5'000;
constexpr double kLongestPrologue = 15'000;
constexpr double kLongestLaunch = 9'000;
constexpr std::int64_t kWrapperReach = 2'000'000;

// Host time of the outermost operator around an anchor before it.
double prologue(const Timeline &timeline, std::uint32_t anchor) {
  std::uint32_t record = recordOf(timeline, anchor);
  if (record == kNoIndex) return 0;
  const ThreadRecords &records = timeline.threads[timeline.anchors.thread[anchor]];
  std::uint32_t outermost = kNoIndex;
  for (; record != kNoIndex; record = records.parent[record])
    if (opRow(records, record) != kNoIndex) outermost = record;
  return outermost == kNoIndex
             ? 0
             : static_cast<double>(timeline.anchors.start[anchor] - records.start[outermost]);
}

} // namespace

Edit removeAllocations(const WhatIf &whatIf, const Where &where) {
  if (!whatIf.whyNone().empty()) return noEdit("remove-alloc", whatIf.whyNone());
  const Timeline &timeline = whatIf.timeline();
  const Anchors &anchors = timeline.anchors;
  const SiteFilter filter(whatIf, where);
  Edit edit;
  edit.name = "remove-alloc";
  edit.sourceLines = true;
  bool lines = timeline.locations;
  timeline::LineCutter cutter(whatIf);
  bool fresh = false;
  for (const TemplateStep &step : timeline.steps) {
    for (std::uint32_t i = step.first + 1; i <= step.last; ++i) {
      const AnchorKind kind = anchors.kind[i];
      const bool memory = kind == AnchorKind::kAllocate || kind == AnchorKind::kFree;
      if (memory && filter.matches(i)) {
        const std::uint32_t record = recordOf(timeline, i);
        const std::uint16_t thread = anchors.thread[i];
        // A call outside of any operator (empty_cache) is a line of its own; one inside belongs to
        // an operator that stays.
        const bool ownLine =
            record != kNoIndex && timeline.threads[thread].parent[record] == kNoIndex;
        if (!(ownLine && timeline.locations && cutter.cut(thread, record, edit))) {
          edit.cuts.push_back({anchors.start[i], anchors.end[i], thread});
          edit.gap.emplace_back(i, kLeftOfCall);
          if (ownLine) lines = false;
        }
        edit.drop.push_back(i);
        fresh = true;
      } else if (fresh && kind != AnchorKind::kStep) {
        fresh = false;
        edit.gap.emplace_back(i, kCachedAllocation +
                                     std::min(prologue(timeline, i), kLongestPrologue));
        edit.duration.emplace_back(
            i, std::min(static_cast<double>(anchors.end[i] - anchors.start[i]), kLongestLaunch));
      }
    }
  }
  edit.knowsLines = lines;
  if (edit.drop.empty()) {
    std::string unknown = filter.unknownSite();
    return noEdit("remove-alloc", unknown.empty()
                                      ? "The steady steps take no device or pinned memory "
                                        "from CUDA, and give none back."
                                      : unknown);
  }
  return edit;
}

namespace {

void cutRecompute(const WhatIf &whatIf, std::uint16_t thread, Edit &edit) {
  const TraceView &trace = whatIf.trace();
  const auto &ops = trace->ops;
  const ThreadRecords &records = whatIf.timeline().threads[thread];
  const auto name = [&](std::uint32_t op) { return trace.text(ops.name[op]); };
  for (std::uint32_t node = 0; node < records.start.size(); ++node) {
    const std::uint32_t nodeOp = opRow(records, node);
    if (nodeOp == kNoIndex || !name(nodeOp).starts_with("autograd::engine::evaluate_function"))
      continue;
    std::uint32_t inner = kNoIndex;
    std::uint32_t last = kNoIndex;
    std::uint32_t i = node + 1;
    for (; i < records.start.size() && records.start[i] < records.end[node]; ++i) {
      const std::uint32_t op = opRow(records, i);
      if (op == kNoIndex) continue;
      const std::string_view text = name(op);
      if (inner == kNoIndex &&
          (ops.scope[op] == OpScope::kBackwardFunction || text.ends_with("Backward0") ||
           text.ends_with("Backward1") || text.ends_with("Backward")))
        inner = i;
      // Work of a forward pass: it has a number for a backward of its own, and is no part of one.
      if (ops.sequence[op] >= 0 && ops.scope[op] == OpScope::kFunction &&
          !text.starts_with("autograd::") &&
          (last == kNoIndex || records.end[i] > records.end[last]))
        last = i;
    }
    if (last == kNoIndex) continue;
    std::int64_t to = records.end[node];
    for (std::uint32_t k = node + 1; k < i; ++k) {
      if (opRow(records, k) == kNoIndex || records.start[k] < records.end[last]) continue;
      to = records.start[k] - 1'000;
      break;
    }
    edit.cuts.push_back({records.start[inner == kNoIndex ? node : inner], to, thread});
  }
}

// Saving and restoring around the checkpointed function in the forward pass.
void cutWrappers(const WhatIf &whatIf, std::uint16_t thread, Edit &edit) {
  const TraceView &trace = whatIf.trace();
  const Timeline &timeline = whatIf.timeline();
  const ThreadRecords &records = timeline.threads[thread];
  std::int64_t lastLaunch = INT64_MIN;
  std::size_t anchor = 0;
  for (std::uint32_t i = 0; i < records.start.size(); ++i) {
    const std::uint32_t op = opRow(records, i);
    if (op == kNoIndex) continue;
    const std::string_view name = trace.text(trace->ops.name[op]);
    if (name != "_NoopSaveInputs" && name != "CheckpointFunction") continue;
    const std::int64_t start = records.start[i];
    for (; anchor < timeline.anchors.size() && timeline.anchors.start[anchor] <= start; ++anchor) {
      const bool mine = timeline.anchors.thread[anchor] == thread;
      const AnchorKind kind = timeline.anchors.kind[anchor];
      if (kind == AnchorKind::kStep ||
          (mine && kind == AnchorKind::kLaunch && timeline.anchors.end[anchor] <= start))
        lastLaunch = std::max(lastLaunch, timeline.anchors.end[anchor]);
    }
    const std::int64_t from = std::max(start - kWrapperReach, lastLaunch) +
                              static_cast<std::int64_t>(whatIf.calibration().hostGap);
    edit.cuts.push_back({std::min(from, records.end[i]), records.end[i], thread});
  }
}

} // namespace

Edit dropRecompute(const WhatIf &whatIf) {
  if (!whatIf.whyNone().empty()) return noEdit("drop-recompute", whatIf.whyNone());
  const Timeline &timeline = whatIf.timeline();
  Edit edit;
  edit.name = "drop-recompute";
  const std::uint16_t stepping = timeline.anchors.thread[timeline.steps.front().last];
  for (std::uint16_t thread = 0; thread < timeline.threads.size(); ++thread)
    if (thread != stepping) cutRecompute(whatIf, thread, edit);
  if (edit.cuts.empty())
    return noEdit("drop-recompute", "No backward pass of the steady steps runs forward operators "
                                    "again, as far as their autograd numbers tell.");
  for (std::uint16_t thread = 0; thread < timeline.threads.size(); ++thread)
    cutWrappers(whatIf, thread, edit);
  return edit;
}

} // namespace hotloop
