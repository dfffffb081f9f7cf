#include <algorithm>

#include "analyzers/timeline/stretches.h"
#include "analyzers/timeline/what_if.h"

namespace hotloop {

using timeline::TimeSet;
using timeline::TimeStretch;

namespace {

bool blocks(AnchorKind kind) {
  return kind == AnchorKind::kSync || kind == AnchorKind::kFree || kind == AnchorKind::kAllocate ||
         kind == AnchorKind::kPageable;
}

double length(const TimeSet &set, std::int64_t start, std::int64_t end) {
  return static_cast<double>(set.within(start, end));
}

} // namespace

WhatIf::Naive WhatIf::naive(const Edit &edit) const {
  Naive result;
  const Timeline &line = timeline();
  if (!whyNone().empty() || edit.empty()) return result;
  const Anchors &anchors = line.anchors;
  std::vector<TimeStretch> gone;
  for (const HostCut &cut : edit.cuts) gone.push_back({cut.start, cut.end});
  for (const auto *list : {&edit.drop, &edit.unblock, &edit.deferred})
    for (const std::uint32_t i : *list) gone.push_back({anchors.start[i], anchors.end[i]});
  std::vector<std::uint8_t> inGraph(anchors.size(), edit.graphStep ? 1 : 0);
  for (const auto &[first, last] : edit.graphs) {
    std::fill(inGraph.begin() + first, inGraph.begin() + last, std::uint8_t{1});
    gone.push_back({anchors.start[first], anchors.end[last - 1]});
  }
  const TimeSet touched(std::move(gone));
  std::vector<TimeStretch> busy, calls;
  for (std::size_t k = 0; k < line.work.size(); ++k)
    busy.push_back({line.work.start[k], line.work.end[k]});
  for (std::uint32_t i = 0; i < anchors.size(); ++i) {
    const bool counts = inGraph[i] != 0
                            ? anchors.kind[i] == AnchorKind::kLaunch
                            : blocks(anchors.kind[i]) && touched.contains(anchors.start[i]);
    if (counts) calls.push_back({anchors.start[i], anchors.end[i]});
  }
  const TimeSet callSet(std::move(calls));
  const TimeSet busySet(std::move(busy));
  double total = 0, sum = 0, idle = 0;
  for (const TemplateStep &step : line.steps) {
    const std::int64_t start = anchors.start[step.first];
    const std::int64_t end = anchors.start[step.last];
    total += static_cast<double>(end - start);
    sum += length(callSet.stretches().empty() ? touched : callSet, start, end);
    for (const TimeStretch &quiet : busySet.complement(start, end))
      idle += edit.graphStep ? static_cast<double>(quiet.end - quiet.start)
                             : length(touched, quiet.start, quiet.end);
  }
  if (total > 0) result = {sum / total, idle / total};
  return result;
}

} // namespace hotloop
