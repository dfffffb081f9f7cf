#include <algorithm>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/site_filter.h"
#include "analyzers/timeline/stretches.h"
#include "analyzers/timeline/transforms.h"

// Which part of a step can be captured as a CUDA graph, and what that would be in the replay.
namespace hotloop {

namespace {

constexpr double kMayDiffer = 0.01;  // share of the works of a step
constexpr double kQuickCall = 6'000; // ns

Edit none(std::string why) {
  Edit edit;
  edit.name = "graph";
  edit.whyNone = std::move(why);
  return edit;
}

struct Section {
  std::uint32_t first = 0; // anchors [first, last)
  std::uint32_t last = 0;
};

bool isGone(const std::vector<std::uint8_t> &removed, std::uint32_t anchor) {
  return !removed.empty() && removed[anchor] != 0;
}

std::string_view callName(const WhatIf &whatIf, std::uint32_t anchor) {
  const std::uint32_t api = whatIf.timeline().anchors.api[anchor];
  return api == kNoIndex ? std::string_view() : whatIf.trace().text(whatIf.trace()->apis.name[api]);
}

// "train.py:12" of the innermost record with a place, else the outermost operator around it.
std::string placeOf(const WhatIf &whatIf, std::uint32_t anchor) {
  const Timeline &timeline = whatIf.timeline();
  std::uint32_t record = timeline::recordOf(timeline, anchor);
  if (record == kNoIndex) return {};
  const ThreadRecords &records = timeline.threads[timeline.anchors.thread[anchor]];
  const auto &frames = whatIf.trace()->frames;
  const std::uint32_t frame = records.location[record].value;
  if (frame != 0 && frame <= frames.file.size())
    return fmt::format(" at {}:{}", whatIf.trace().text(frames.file[frame - 1]),
                       frames.line[frame - 1]);
  std::uint32_t op = kNoIndex;
  for (; record != kNoIndex; record = records.parent[record])
    if (timeline::opRow(records, record) != kNoIndex) op = timeline::opRow(records, record);
  return op == kNoIndex ? std::string()
                        : fmt::format(" in {}", whatIf.trace().text(whatIf.trace()->ops.name[op]));
}

// Why a section cannot be captured; empty when nothing on record forbids it.
std::string forbidden(const WhatIf &whatIf, const Section &section,
                      const std::vector<std::uint8_t> &removed) {
  const Timeline &timeline = whatIf.timeline();
  bool anyWork = false;
  bool onlyGraphs = true;
  for (std::uint32_t i = section.first; i < section.last; ++i) {
    if (isGone(removed, i)) continue;
    const std::string_view call = callName(whatIf, i);
    switch (timeline.anchors.kind[i]) {
    case AnchorKind::kSync:
      return fmt::format("A wait for the device ({}{}) cannot be captured; remove it first.", call,
                         placeOf(whatIf, i));
    case AnchorKind::kFree:
    case AnchorKind::kAllocate:
      return fmt::format("{}{} cannot be captured: take the memory before the loop.", call,
                         placeOf(whatIf, i));
    case AnchorKind::kPageable:
      return fmt::format("A copy from or to pageable memory ({}{}) cannot be captured; pin the "
                         "memory first.",
                         call, placeOf(whatIf, i));
    case AnchorKind::kGraphLaunch: anyWork = true; break;
    case AnchorKind::kLaunch:
      anyWork = true;
      onlyGraphs = false;
      break;
    default: break;
    }
  }
  if (!anyWork) return "There is no device work in it.";
  return onlyGraphs ? "All of its device work is launched as graphs already." : std::string();
}

// Anchors that a change takes away or makes harmless.
std::vector<std::uint8_t> removedAnchors(const Timeline &timeline, const Edit &edit) {
  const Anchors &anchors = timeline.anchors;
  std::vector<std::uint8_t> removed(anchors.size());
  for (const auto *list : {&edit.drop, &edit.unblock})
    for (const std::uint32_t i : *list)
      if (i < removed.size()) removed[i] = 1;
  std::vector<timeline::TimeStretch> stretches;
  for (const HostCut &cut : edit.cuts) stretches.push_back({cut.start, cut.end});
  const timeline::TimeSet cuts(std::move(stretches));
  for (std::uint32_t i = 0; i < anchors.size(); ++i) {
    const std::int64_t length = std::max<std::int64_t>(anchors.end[i] - anchors.start[i], 1);
    if (2 * cuts.within(anchors.start[i], anchors.start[i] + length) > length) removed[i] = 1;
  }
  return removed;
}

using WorkShape =
    std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint8_t>;

std::vector<WorkShape> shapes(const WhatIf &whatIf, const Section &section) {
  const Timeline &timeline = whatIf.timeline();
  const auto &kernels = whatIf.trace()->kernels;
  std::vector<WorkShape> list;
  for (std::uint32_t i = section.first; i < section.last; ++i)
    for (std::uint32_t k = timeline.anchors.workBegin[i]; k < timeline.anchors.workBegin[i + 1];
         ++k) {
      const auto kind = static_cast<std::uint8_t>(timeline.work.kind[k]);
      const std::uint32_t row = timeline.work.row[k];
      if (timeline.work.kind[k] == DeviceWorkKind::kKernel)
        list.emplace_back(kernels.name[row].value, kernels.gridX[row], kernels.gridY[row],
                          kernels.gridZ[row], kind);
      else
        list.emplace_back(0, 0, 0, 0, kind);
    }
  return list;
}

// A graph repeats the same launches: every section must have those of the first.
std::string varying(const WhatIf &whatIf, const std::vector<Section> &sections) {
  const std::vector<WorkShape> first = shapes(whatIf, sections.front());
  for (const Section &section : sections) {
    const std::vector<WorkShape> other = shapes(whatIf, section);
    if (other.size() != first.size())
      return fmt::format("Its launches change from step to step ({} and {} of them): control flow "
                         "or shapes vary.",
                         first.size(), other.size());
    std::size_t differ = 0;
    for (std::size_t i = 0; i < first.size(); ++i) differ += first[i] == other[i] ? 0 : 1;
    if (static_cast<double>(differ) > kMayDiffer * static_cast<double>(first.size()))
      return fmt::format("{} of its {} launches change kernel or size from step to step: shapes "
                         "vary.",
                         differ, first.size());
  }
  return {};
}

// Waits before the first and after the last device work of a step can stay outside of its graph,
// with the marks of streams beside them; what lies between is the section. A wait for an event that
// the graph would hold is not one of these.
Section withoutEdgeWaits(const Timeline &timeline, const Section &whole,
                         const std::vector<std::uint8_t> &removed) {
  const Anchors &anchors = timeline.anchors;
  const auto staysOutside = [&](std::uint32_t i) {
    return isGone(removed, i) || anchors.kind[i] == AnchorKind::kSync ||
           anchors.kind[i] == AnchorKind::kEventRecord ||
           anchors.kind[i] == AnchorKind::kStreamWait || anchors.kind[i] == AnchorKind::kStep;
  };
  const auto isWait = [&](std::uint32_t i) {
    return !isGone(removed, i) && anchors.kind[i] == AnchorKind::kSync;
  };
  Section inner = whole;
  for (std::uint32_t i = whole.first; i < whole.last && staysOutside(i); ++i)
    if (isWait(i)) inner.first = i + 1;
  bool waits = false;
  std::uint32_t last = whole.last;
  for (; last > inner.first && staysOutside(last - 1); --last) waits = waits || isWait(last - 1);
  if (waits) inner.last = last;
  std::vector<std::uint32_t> inside = {kNoIndex}; // events; who knows where the unknown one is
  for (std::uint32_t i = inner.first; i < inner.last; ++i)
    if (anchors.kind[i] == AnchorKind::kEventRecord) inside.push_back(anchors.targetIndex[i]);
  // The end of its last work is that of the graph.
  for (const auto &[event, work] : timeline.workEvents)
    if (timeline.work.anchor[work] >= inner.first && timeline.work.anchor[work] + 1 < inner.last)
      inside.push_back(event);
  for (std::uint32_t i = whole.first; i < whole.last; ++i)
    if ((i < inner.first || i >= inner.last) && isWait(i) &&
        anchors.target[i] == WaitTarget::kEvent &&
        std::find(inside.begin(), inside.end(), anchors.targetIndex[i]) != inside.end())
      return whole;
  return inner;
}

// The sections of steps whose edge waits stay, as graphs: all other host time of the step goes.
void captureBetweenWaits(const Timeline &timeline, const std::vector<Section> &whole,
                         const std::vector<Section> &inner, Edit &edit) {
  const Anchors &anchors = timeline.anchors;
  for (std::size_t k = 0; k < inner.size(); ++k) {
    const auto &[first, last] = inner[k];
    edit.graphs.emplace_back(first, last);
    edit.cuts.push_back({anchors.end[first - 1], anchors.start[first], anchors.thread[first]});
    // To the wait, or where there is none to the end of the step.
    const std::uint32_t next = std::min(last, whole[k].last);
    edit.cuts.push_back({anchors.end[last - 1], anchors.start[next], anchors.thread[last - 1]});
  }
}

std::vector<Section> stepSections(const Timeline &timeline) {
  std::vector<Section> sections;
  for (const TemplateStep &step : timeline.steps) sections.push_back({step.first + 1, step.last});
  return sections;
}

std::optional<std::vector<Section>> rangeSections(const WhatIf &whatIf, std::string_view name) {
  const TraceView &trace = whatIf.trace();
  const Timeline &timeline = whatIf.timeline();
  const StringId id = trace->strings.find(name);
  std::vector<Section> sections;
  if (!id) return std::nullopt;
  const auto add = [&](ThreadId, Nanoseconds start, Nanoseconds duration) {
    const auto at = [&](std::int64_t time) {
      return static_cast<std::uint32_t>(
          std::lower_bound(timeline.anchors.start.begin(), timeline.anchors.start.end(), time) -
          timeline.anchors.start.begin());
    };
    const Section section{at(start.count), at(endOf(start, duration).count)};
    if (section.first < section.last && timeline::inTemplate(timeline, section.first))
      sections.push_back(section);
  };
  const auto &ranges = trace->ranges;
  for (std::size_t i = 0; i < ranges.start.size(); ++i)
    if (ranges.name[i] == id) add(ranges.lane[i], ranges.start[i], ranges.duration[i]);
  const auto &ops = trace->ops;
  for (std::size_t i = 0; i < ops.start.size(); ++i)
    if (ops.name[i] == id) add(ops.lane[i], ops.start[i], ops.duration[i]);
  if (sections.empty()) return std::nullopt;
  return sections;
}

} // namespace

Edit graph(const WhatIf &whatIf, std::string_view rangeName, const Edit *after) {
  if (!whatIf.whyNone().empty()) return none(whatIf.whyNone());
  std::vector<Section> sections = stepSections(whatIf.timeline());
  if (!rangeName.empty()) {
    auto found = rangeSections(whatIf, rangeName);
    if (!found)
      return none(fmt::format("No range or operator with device work in the steady steps is named "
                              "'{}'.",
                              rangeName));
    sections = std::move(*found);
  }
  std::vector<std::uint8_t> removed;
  if (after != nullptr) removed = removedAnchors(whatIf.timeline(), *after);
  const std::vector<Section> whole = sections;
  bool waitsStay = false;
  if (rangeName.empty())
    for (Section &section : sections) {
      const Section inner = withoutEdgeWaits(whatIf.timeline(), section, removed);
      waitsStay = waitsStay || inner.first != section.first || inner.last != section.last;
      section = inner;
    }
  for (const Section &section : sections)
    if (std::string why = forbidden(whatIf, section, removed); !why.empty())
      return none(std::move(why));
  if (rangeName.empty())
    if (std::string why = varying(whatIf, sections); !why.empty()) return none(std::move(why));
  Edit edit;
  edit.name = rangeName.empty() ? "graph" : fmt::format("graph={}", rangeName);
  if (rangeName.empty() && !waitsStay) {
    edit.graphStep = true;
    return edit;
  }
  if (waitsStay) {
    captureBetweenWaits(whatIf.timeline(), whole, sections, edit);
    edit.note = "The wait at the edge of the step stays outside of the graph.";
  } else {
    for (const Section &section : sections) edit.graphs.emplace_back(section.first, section.last);
  }
  // A driver that launches a straight graph in one piece takes no time per node.
  Edit quick = edit;
  for (const auto &[first, last] : edit.graphs) quick.duration.emplace_back(first, kQuickCall);
  edit.alternatives.push_back(std::move(quick));
  return edit;
}

} // namespace hotloop
