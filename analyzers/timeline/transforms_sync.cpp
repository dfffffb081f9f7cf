#include <algorithm>

#include <fmt/format.h>

#include "analyzers/timeline/site_filter.h"
#include "analyzers/timeline/transforms.h"
#include "core/trace/copy_kinds.h"

namespace hotloop {

using timeline::LineCutter;
using timeline::opRow;
using timeline::recordOf;
using timeline::SiteFilter;

namespace {

// Waits for real work so close together that removing them changes how the host runs (caches,
// clocks): the prediction is a bound from above.
constexpr double kDensePerStep = 8;
constexpr double kDenseSpacing = 200'000; // ns
constexpr std::int64_t kRealWait = 10'000;

bool areDense(const WhatIf &whatIf, const std::vector<std::uint32_t> &waits) {
  const Anchors &anchors = whatIf.timeline().anchors;
  const auto steps = static_cast<double>(whatIf.timeline().steps.size());
  const auto real = std::count_if(waits.begin(), waits.end(), [&](std::uint32_t wait) {
    return anchors.waited[wait] - anchors.start[wait] >= kRealWait;
  });
  const double perStep = static_cast<double>(real) / steps;
  return perStep >= kDensePerStep && whatIf.baseline().recordedMs * 1e6 / perStep < kDenseSpacing;
}

// The outermost operator around a call that reads a value back; kNoIndex when there is none.
std::uint32_t readBackAround(const WhatIf &whatIf, const ThreadRecords &records,
                             std::uint32_t record) {
  std::uint32_t outermost = kNoIndex;
  for (std::uint32_t r = records.parent[record]; r != kNoIndex; r = records.parent[r]) {
    const std::uint32_t op = opRow(records, r);
    if (op != kNoIndex && timeline::readsBack(whatIf.trace().text(whatIf.trace()->ops.name[op])))
      outermost = r;
  }
  return outermost;
}

std::string noWaits(const SiteFilter &filter) {
  std::string unknown = filter.unknownSite();
  return unknown.empty() ? "The steady steps hold no call that waits for the device there."
                         : unknown;
}

// Copies to pageable memory of the host return when they are done: they wait by themselves.
std::vector<std::uint32_t> readBacks(const WhatIf &whatIf, const SiteFilter &filter) {
  const Timeline &timeline = whatIf.timeline();
  std::vector<std::uint32_t> copies = filter.anchors(AnchorKind::kPageable);
  std::erase_if(copies, [&](std::uint32_t i) {
    const std::uint32_t k = timeline.anchors.workBegin[i];
    return k == timeline.anchors.workBegin[i + 1] ||
           timeline.work.kind[k] != DeviceWorkKind::kCopy ||
           whatIf.trace()->memcpys.copyKind[timeline.work.row[k]] != kCopyToHost;
  });
  return copies;
}

} // namespace

Edit removeSyncs(const WhatIf &whatIf, const Where &where) {
  if (!whatIf.whyNone().empty()) return noEdit("remove-sync", whatIf.whyNone());
  const SiteFilter filter(whatIf, where);
  std::vector<std::uint32_t> waits = filter.anchors(AnchorKind::kSync);
  if (waits.empty()) waits = readBacks(whatIf, filter);
  if (waits.empty()) return noEdit("remove-sync", noWaits(filter));
  Edit edit;
  edit.name = "remove-sync";
  edit.sourceLines = true;
  edit.knowsLines = true;
  LineCutter lines(whatIf);
  const Timeline &timeline = whatIf.timeline();
  for (const std::uint32_t wait : waits) {
    const std::uint16_t thread = timeline.anchors.thread[wait];
    const std::uint32_t record = recordOf(timeline, wait);
    if (record == kNoIndex) continue;
    const std::uint32_t around = readBackAround(whatIf, timeline.threads[thread], record);
    if (!lines.cut(thread, around == kNoIndex ? record : around, edit)) edit.knowsLines = false;
    if (around == kNoIndex) edit.drop.push_back(wait);
  }
  edit.dense = areDense(whatIf, waits);
  return edit;
}

Edit deferSyncs(const WhatIf &whatIf, const Where &where) {
  if (!whatIf.whyNone().empty()) return noEdit("defer-sync", whatIf.whyNone());
  const SiteFilter filter(whatIf, where);
  Edit edit;
  edit.name = "defer-sync";
  edit.deferred = filter.anchors(AnchorKind::kSync);
  if (edit.deferred.empty()) return noEdit("defer-sync", noWaits(filter));
  edit.dense = areDense(whatIf, edit.deferred);
  return edit;
}

Edit unblock(const WhatIf &whatIf, const Where &where) {
  if (!whatIf.whyNone().empty()) return noEdit("unblock", whatIf.whyNone());
  const SiteFilter filter(whatIf, where);
  Edit edit;
  edit.name = "unblock";
  for (const AnchorKind kind : {AnchorKind::kSync, AnchorKind::kFree}) {
    const std::vector<std::uint32_t> found = filter.anchors(kind);
    edit.unblock.insert(edit.unblock.end(), found.begin(), found.end());
  }
  if (edit.unblock.empty()) return noEdit("unblock", noWaits(filter));
  edit.dense = areDense(whatIf, edit.unblock);
  return edit;
}

Edit overlapStreams(const WhatIf &whatIf, const Where &where) {
  if (!whatIf.whyNone().empty()) return noEdit("overlap-streams", whatIf.whyNone());
  if (whatIf.timeline().streams.size() < 2)
    return noEdit("overlap-streams", "All device work of this run is on one stream.");
  const SiteFilter filter(whatIf, where);
  const Timeline &timeline = whatIf.timeline();
  Edit edit;
  edit.name = "overlap-streams";
  // Waits between two streams that both do much: not those that only join the main one.
  std::vector<std::uint32_t> works(timeline.streams.size());
  for (const std::uint16_t stream : timeline.work.stream) ++works[stream];
  const auto busy = [&](std::uint16_t stream) {
    return stream < works.size() && works[stream] * 10 >= timeline.work.size();
  };
  std::vector<std::uint16_t> recorded(timeline.events, 0xFFFF);
  for (std::uint32_t i = 0; i < timeline.anchors.size(); ++i) {
    const std::uint32_t event = timeline.anchors.targetIndex[i];
    if (event >= recorded.size()) continue;
    if (timeline.anchors.kind[i] == AnchorKind::kEventRecord)
      recorded[event] = timeline.recordStream[i];
    if (timeline.anchors.kind[i] != AnchorKind::kStreamWait || !timeline::inTemplate(timeline, i))
      continue;
    if (busy(timeline.recordStream[i]) && busy(recorded[event]) && filter.matches(i))
      edit.drop.push_back(i);
  }
  if (edit.drop.empty())
    return noEdit("overlap-streams",
                  "No busy stream waits for another busy one in the steady steps, "
                  "as far as the run records it.");
  return edit;
}

} // namespace hotloop
