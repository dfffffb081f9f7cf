#include <algorithm>

#include <fmt/format.h>

#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/site_filter.h"
#include "analyzers/timeline/transforms.h"

namespace hotloop {

using timeline::LineCutter;

namespace {

constexpr std::int64_t kLongGap = 500'000;

struct Stretch {
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::int64_t length() const { return end - start; }
};

// The longest stretch of [from, to) without a record of the thread or of those that it takes turns
// with, and not inside of an operator of its own.
Stretch longestSilence(const Timeline &timeline, std::uint16_t thread, std::int64_t from,
                       std::int64_t to) {
  std::vector<Stretch> records;
  for (std::size_t t = 0; t < timeline.threads.size(); ++t) {
    if (timeline.alternates[thread][t] == 0) continue;
    const ThreadRecords &all = timeline.threads[t];
    auto i = static_cast<std::size_t>(std::lower_bound(all.start.begin(), all.start.end(), from) -
                                      all.start.begin());
    // An operator that is open all the time leaves nothing silent.
    if (t == thread && i > 0)
      for (std::uint32_t r = static_cast<std::uint32_t>(i - 1); r != kNoIndex; r = all.parent[r])
        if (all.end[r] > from) records.push_back({from, std::min(all.end[r], to)});
    for (; i < all.start.size() && all.start[i] < to; ++i)
      records.push_back({all.start[i], std::min(all.end[i], to)});
  }
  std::sort(records.begin(), records.end(),
            [](const Stretch &a, const Stretch &b) { return a.start < b.start; });
  Stretch best{from, from};
  std::int64_t end = from;
  for (const Stretch &record : records) {
    if (record.start - end > best.length()) best = {end, record.start};
    end = std::max(end, record.end);
  }
  if (to - end > best.length()) best = {end, to};
  return best;
}

} // namespace

Edit removeHostGaps(const WhatIf &whatIf) {
  if (!whatIf.whyNone().empty()) return noEdit("remove-host", whatIf.whyNone());
  const Timeline &timeline = whatIf.timeline();
  const Anchors &anchors = timeline.anchors;
  Edit edit;
  edit.name = "remove-host";
  const auto left = static_cast<std::int64_t>(2 * whatIf.calibration().hostGap);
  for (const TemplateStep &step : timeline.steps) {
    for (std::uint32_t i = step.first + 1; i <= step.last; ++i) {
      const std::int64_t gap = timeline.gap(i);
      if (gap < kLongGap) continue;
      const Stretch silence =
          longestSilence(timeline, anchors.thread[i], anchors.start[i] - gap, anchors.start[i]);
      if (silence.length() > std::max(kLongGap, left))
        edit.cuts.push_back({silence.start + left, silence.end, anchors.thread[i]});
    }
  }
  if (edit.cuts.empty())
    return noEdit("remove-host",
                  "The host is never silent for more than 0.5 ms in the steady steps.");
  return edit;
}

Edit removeRange(const WhatIf &whatIf, std::string_view name) {
  if (!whatIf.whyNone().empty()) return noEdit("remove-host", whatIf.whyNone());
  const TraceView &trace = whatIf.trace();
  const Timeline &timeline = whatIf.timeline();
  const StringId id = trace->strings.find(name);
  Edit edit;
  edit.name = fmt::format("remove-host={}", name);
  const auto add = [&](ThreadId lane, Nanoseconds start, Nanoseconds duration) {
    const std::uint16_t thread = timeline.threadOf(lane);
    if (thread < timeline.threads.size())
      edit.cuts.push_back({start.count, endOf(start, duration).count, thread});
  };
  const auto inSteps = [&](Nanoseconds start) {
    return std::any_of(timeline.steps.begin(), timeline.steps.end(), [&](const TemplateStep &step) {
      return timeline.anchors.start[step.first] <= start.count &&
             start.count < timeline.anchors.start[step.last];
    });
  };
  if (id) {
    const auto &ranges = trace->ranges;
    for (std::size_t i = 0; i < ranges.start.size(); ++i)
      if (ranges.name[i] == id && inSteps(ranges.start[i]))
        add(ranges.lane[i], ranges.start[i], ranges.duration[i]);
    const auto &ops = trace->ops;
    for (std::size_t i = 0; i < ops.start.size(); ++i)
      if (ops.name[i] == id && inSteps(ops.start[i]))
        add(ops.lane[i], ops.start[i], ops.duration[i]);
  }
  if (edit.cuts.empty())
    return noEdit(edit.name,
                  fmt::format("No range or operator of the steady steps is named '{}'.", name));
  return edit;
}

Edit removeLine(const WhatIf &whatIf, std::string_view fileLine) {
  if (!whatIf.whyNone().empty()) return noEdit("remove-line", whatIf.whyNone());
  Edit edit;
  edit.name = fmt::format("remove-line={}", fileLine);
  edit.sourceLines = true;
  edit.knowsLines = true;
  if (!whatIf.timeline().locations)
    return noEdit(edit.name, "The run carries no source lines: record it with hotloop, or import a "
                             "trace made with stacks.");
  LineCutter lines(whatIf);
  if (lines.cutLine(fileLine, edit) == 0)
    return noEdit(
        edit.name,
        fmt::format("No record of the steady steps is at '{}'; name it as FILE:LINE.", fileLine));
  return edit;
}

Edit removeOps(const WhatIf &whatIf, std::span<const std::uint32_t> opRows, bool wholeLines) {
  if (!whatIf.whyNone().empty()) return noEdit("remove-op", whatIf.whyNone());
  const TraceView &trace = whatIf.trace();
  const Timeline &timeline = whatIf.timeline();
  Edit edit;
  edit.name = "remove-op";
  edit.sourceLines = true;
  edit.knowsLines = true;
  LineCutter lines(whatIf);
  std::vector<std::uint32_t> wanted(opRows.begin(), opRows.end());
  std::sort(wanted.begin(), wanted.end());
  for (std::uint16_t t = 0; t < timeline.threads.size(); ++t) {
    const ThreadRecords &records = timeline.threads[t];
    for (std::uint32_t r = 0; r < records.start.size(); ++r) {
      const std::uint32_t op = timeline::opRow(records, r);
      if (op == kNoIndex || !std::binary_search(wanted.begin(), wanted.end(), op)) continue;
      if (wholeLines && timeline.locations) {
        if (!lines.cut(t, r, edit)) edit.knowsLines = false;
      } else {
        edit.cuts.push_back({records.start[r], records.end[r], t});
        edit.knowsLines = false;
      }
    }
  }
  if (edit.cuts.empty())
    return noEdit("remove-op", trace->ops.start.empty()
                                   ? "The run holds no operators."
                                   : "None of the operators is in a steady step of the replay.");
  return edit;
}

} // namespace hotloop
