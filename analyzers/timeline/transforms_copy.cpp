#include <algorithm>

#include "analyzers/timeline/site_filter.h"
#include "analyzers/timeline/transforms.h"
#include "core/trace/copy_kinds.h"

namespace hotloop {

using timeline::SiteFilter;

namespace {

constexpr double kPinnedBytesPerNs = 50; // PCIe 5 x16, as far as copies get
constexpr double kCopyStart = 1'000;
constexpr double kShortestCopy = 1'200;
constexpr std::int64_t kSyncFollows = 60'000;
constexpr std::uint64_t kWorthMoving = 64 << 10;
constexpr std::uint64_t kTiny = 64 << 10;
// Host calls of another stream for a copy: entering it, an event there and a wait for it here.
constexpr double kStreamSwitchCalls = 4;

double pinnedTime(const WhatIf &whatIf, double bytes) {
  const MachineProfile *profile = whatIf.profile();
  const double rate = profile != nullptr && profile->pinnedBytesPerNs > 0
                          ? profile->pinnedBytesPerNs
                          : kPinnedBytesPerNs;
  return std::max(kShortestCopy, bytes / rate + kCopyStart);
}

double bytesOf(const WhatIf &whatIf, std::uint32_t work) {
  const Timeline &timeline = whatIf.timeline();
  if (timeline.work.kind[work] != DeviceWorkKind::kCopy) return 0;
  return static_cast<double>(whatIf.trace()->memcpys.bytes[timeline.work.row[work]]);
}

std::string nothingThere(const SiteFilter &filter, std::string otherwise) {
  std::string unknown = filter.unknownSite();
  return unknown.empty() ? std::move(otherwise) : unknown;
}

} // namespace

Edit asyncCopies(const WhatIf &whatIf, const Where &where) {
  if (!whatIf.whyNone().empty()) return noEdit("async-copy", whatIf.whyNone());
  const Timeline &timeline = whatIf.timeline();
  const Anchors &anchors = timeline.anchors;
  const SiteFilter filter(whatIf, where);
  const timeline::Calibration &calibration = whatIf.calibration();
  const double call =
      calibration.copyCall > 0 ? calibration.copyCall : 1.3 * calibration.launchCall;
  Edit edit;
  edit.name = "async-copy";
  edit.sourceLines = true; // allocation and staging around the copy go too, unseen
  for (const std::uint32_t copy : filter.anchors(AnchorKind::kPageable)) {
    edit.unblock.push_back(copy);
    edit.duration.emplace_back(copy, call);
    for (std::uint32_t k = anchors.workBegin[copy]; k < anchors.workBegin[copy + 1]; ++k)
      edit.workDuration.emplace_back(k, pinnedTime(whatIf, bytesOf(whatIf, k)));
    // The wait that makes it blocking follows at once.
    for (std::uint32_t next = copy + 1; next < anchors.size() && next < copy + 3; ++next) {
      if (anchors.thread[next] != anchors.thread[copy] || anchors.kind[next] != AnchorKind::kSync ||
          anchors.start[next] - anchors.end[copy] >= kSyncFollows)
        continue;
      edit.cuts.push_back({anchors.start[next], anchors.end[next], anchors.thread[next]});
      edit.drop.push_back(next);
      break;
    }
  }
  if (edit.unblock.empty())
    return noEdit("async-copy", nothingThere(filter, "The steady steps copy nothing from or to "
                                                     "pageable memory there."));
  return edit;
}

Edit moveCopies(const WhatIf &whatIf, const Where &where) {
  if (!whatIf.whyNone().empty()) return noEdit("side-stream", whatIf.whyNone());
  const Timeline &timeline = whatIf.timeline();
  const SiteFilter filter(whatIf, where);
  Edit edit;
  edit.name = "side-stream";
  const auto newStream = static_cast<std::uint16_t>(timeline.streams.size());
  const double calls = kStreamSwitchCalls * whatIf.calibration().launchCall;
  for (const std::uint32_t copy : filter.anchors(AnchorKind::kLaunch)) {
    for (std::uint32_t k = timeline.anchors.workBegin[copy];
         k < timeline.anchors.workBegin[copy + 1]; ++k) {
      if (timeline.work.kind[k] != DeviceWorkKind::kCopy) continue;
      const auto &copies = whatIf.trace()->memcpys;
      if (copies.copyKind[timeline.work.row[k]] != kCopyToDevice ||
          copies.bytes[timeline.work.row[k]] < kWorthMoving)
        continue;
      edit.workStream.emplace_back(k, newStream);
      edit.addedHost.emplace_back(copy, calls);
    }
  }
  if (edit.workStream.empty())
    return noEdit("side-stream", nothingThere(filter, "The steady steps hold no copy to the device "
                                                      "of 64 KiB or more that is asynchronous."));
  return edit;
}

Edit coalesceCopies(const WhatIf &whatIf, const Where &where) {
  if (!whatIf.whyNone().empty()) return noEdit("coalesce-copies", whatIf.whyNone());
  const Timeline &timeline = whatIf.timeline();
  const Anchors &anchors = timeline.anchors;
  const SiteFilter filter(whatIf, where);
  Edit edit;
  edit.name = "coalesce-copies";
  edit.sourceLines = true;
  edit.knowsLines = true;
  timeline::LineCutter lines(whatIf);
  std::uint32_t step = kNoIndex;
  double bytes = 0;
  std::uint32_t firstWork = kNoIndex;
  std::vector<std::uint32_t> copies = filter.anchors(AnchorKind::kPageable);
  const std::vector<std::uint32_t> launched = filter.anchors(AnchorKind::kLaunch);
  copies.insert(copies.end(), launched.begin(), launched.end());
  std::sort(copies.begin(), copies.end());
  for (const std::uint32_t copy : copies) {
    const std::uint32_t work = anchors.workBegin[copy];
    if (timeline.work.kind[work] != DeviceWorkKind::kCopy || bytesOf(whatIf, work) > kTiny)
      continue;
    if (anchors.step[copy] != step) {
      step = anchors.step[copy];
      firstWork = work;
      bytes = bytesOf(whatIf, work);
      continue; // the first one stays and carries all
    }
    bytes += bytesOf(whatIf, work);
    edit.workDuration.emplace_back(firstWork, pinnedTime(whatIf, bytes));
    const std::uint32_t record = timeline::recordOf(timeline, copy);
    if (record == kNoIndex || !lines.cut(anchors.thread[copy], record, edit))
      edit.knowsLines = false;
    edit.drop.push_back(copy);
  }
  if (edit.drop.empty())
    return noEdit("coalesce-copies",
                  nothingThere(filter, "No steady step makes two or more copies of up to 64 KiB."));
  return edit;
}

} // namespace hotloop
