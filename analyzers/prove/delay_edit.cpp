#include "analyzers/prove/delay_edit.h"

#include <algorithm>

#include <fmt/format.h>

namespace hotloop {

namespace {

// A launch of an empty or a short kernel on an unprofiled host. Source: whatif_h100 section 4.
constexpr double kLaunchCall = 4'000;
constexpr double kEmptyKernel = 1'000;

// The first anchor of any thread that begins at or after `time`, up to the step's end.
std::uint32_t anchorAt(const Timeline &timeline, const TemplateStep &step, std::int64_t time) {
  const auto &start = timeline.anchors.start;
  const auto first = start.begin() + step.first + 1;
  const auto last = start.begin() + step.last + 1;
  const auto found = std::lower_bound(first, last, time);
  return found == last ? kNoIndex : static_cast<std::uint32_t>(found - start.begin());
}

std::uint32_t workAt(const Timeline &timeline, const TemplateStep &step, std::uint32_t anchor) {
  const auto &begin = timeline.anchors.workBegin;
  for (; anchor < step.last; ++anchor)
    if (begin[anchor] < begin[anchor + 1]) return begin[anchor];
  return kNoIndex;
}

class DelayBuilder {
public:
  DelayBuilder(const WhatIf &whatIf, DelayKind kind, double ns)
      : timeline_(whatIf.timeline()), kind_(kind), ns_(ns) {}

  void add(const TemplateStep &step, std::int64_t time) {
    const std::uint32_t anchor = anchorAt(timeline_, step, time);
    if (anchor == kNoIndex) return;
    const bool onDevice = kind_ == DelayKind::kKernel || kind_ == DelayKind::kCopy;
    double host = onDevice ? 0 : ns_;
    if (kind_ != DelayKind::kHost) host += kLaunchCall;
    host_.push_back({anchor, host});
    const double device = onDevice ? ns_ : kind_ == DelayKind::kLaunch ? kEmptyKernel : 0;
    const std::uint32_t work = device > 0 ? workAt(timeline_, step, anchor) : kNoIndex;
    if (work != kNoIndex) device_.push_back({work, device});
  }

  Edit finish() {
    Edit edit;
    sum(host_);
    sum(device_);
    edit.addedFixed = std::move(host_);
    for (const auto &[work, added] : device_)
      edit.workDuration.push_back(
          {work,
           static_cast<double>(timeline_.work.end[work] - timeline_.work.start[work]) + added});
    return edit;
  }

private:
  using Added = std::vector<std::pair<std::uint32_t, double>>;
  // One entry per index: several ranges may begin before the same call.
  static void sum(Added &added) {
    std::sort(added.begin(), added.end());
    Added kept;
    for (const auto &[index, ns] : added)
      if (!kept.empty() && kept.back().first == index)
        kept.back().second += ns;
      else
        kept.push_back({index, ns});
    added = std::move(kept);
  }

  const Timeline &timeline_;
  DelayKind kind_;
  double ns_;
  Added host_, device_;
};

} // namespace

Edit delayEdit(const WhatIf &whatIf, DelayKind kind, std::string_view place, double ns) {
  const TraceView &trace = whatIf.trace();
  const Timeline &timeline = whatIf.timeline();
  DelayBuilder builder(whatIf, kind, ns);
  Edit edit;
  const StringId name = trace->strings.find(place);
  for (const TemplateStep &step : timeline.steps) {
    const std::int64_t begin = timeline.anchors.start[step.first];
    const std::int64_t end = timeline.anchors.start[step.last];
    if (place == "step") {
      builder.add(step, begin);
      continue;
    }
    if (!name) continue;
    const auto &starts = trace->ranges.start;
    auto row = std::lower_bound(starts.begin(), starts.end(), Nanoseconds(begin)) - starts.begin();
    for (; row < static_cast<std::ptrdiff_t>(starts.size()); ++row) {
      const auto i = static_cast<std::size_t>(row);
      if (starts[i].count >= end) break;
      if (trace->ranges.name[i] == name) builder.add(step, starts[i].count);
    }
  }
  edit = builder.finish();
  edit.name = fmt::format("delay {}", place);
  if (edit.empty())
    edit.whyNone = fmt::format("No range \"{}\" begins in the steady steps of this run.", place);
  return edit;
}

double rangesPerStep(const TraceView &trace, const Steps &steps, std::string_view place) {
  if (steps.steady.empty()) return 0;
  if (place == "step") return 1;
  const StringId name = trace->strings.find(place);
  double count = 0;
  for (std::size_t i = 0; name && i < trace->ranges.start.size(); ++i) {
    if (trace->ranges.name[i] != name) continue;
    const Nanoseconds at = trace->ranges.start[i];
    count += std::any_of(steps.steady.begin(), steps.steady.end(), [&](std::uint32_t index) {
      return steps.all[index].start <= at && at < steps.all[index].end;
    });
  }
  return count / static_cast<double>(steps.steady.size());
}

} // namespace hotloop
