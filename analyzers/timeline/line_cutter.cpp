#include <algorithm>
#include <charconv>

#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/site_filter.h"
#include "core/base/stop.h"

namespace hotloop::timeline {

namespace {

constexpr double kUnknownPause = 5'000;
// `print(loss)` goes with its wait, the small kernels of its formatting too (1 to 3 % of a step on
// an H100); `loss = model(x).item()` does not.
constexpr double kWorkThatStays = 0.05;

// The step of the template that a time lies in, as borders; false when in none.
bool stepAround(const Timeline &timeline, std::int64_t time, std::int64_t &start,
                std::int64_t &end) {
  for (const TemplateStep &step : timeline.steps) {
    start = timeline.anchors.start[step.first];
    end = timeline.anchors.start[step.last];
    if (start <= time && time < end) return true;
  }
  return false;
}

} // namespace

LineCutter::LineCutter(const WhatIf &whatIf) : whatIf_(whatIf) {
  const DeviceWork &work = whatIf.timeline().work;
  for (std::size_t k = 0; k < work.size(); ++k)
    workThatStays_ += static_cast<double>(work.end[k] - work.start[k]);
  workThatStays_ *= kWorkThatStays;
  workThatStays_ /= static_cast<double>(std::max<std::size_t>(whatIf.timeline().steps.size(), 1));
  for (const ThreadRecords &records : whatIf.timeline().threads) {
    std::vector<std::int64_t> before;
    std::vector<double> pauses;
    std::int64_t end = INT64_MIN;
    before.reserve(records.start.size());
    for (std::size_t i = 0; i < records.start.size(); ++i) {
      stopPoint(i);
      before.push_back(end);
      if (i > 0 && records.start[i] > end && records.location[i] &&
          !(lineOf(records.location[i]) == lineOf(records.location[i - 1])))
        pauses.push_back(static_cast<double>(records.start[i] - end));
      end = std::max(end, records.end[i]);
    }
    endBefore_.push_back(std::move(before));
    usualPause_.push_back(pauses.empty() ? kUnknownPause : quantileInPlace(pauses, 0.25));
  }
}

LineCutter::Line LineCutter::lineOf(FrameId frame) const {
  const auto &frames = whatIf_.trace()->frames;
  if (!frame || frame.value > frames.file.size()) return {};
  return {frames.file[frame.value - 1], frames.line[frame.value - 1]};
}

void LineCutter::cutRun(std::uint16_t thread, std::uint32_t first, std::uint32_t last,
                        Edit &edit) const {
  const Timeline &timeline = whatIf_.timeline();
  const ThreadRecords &records = timeline.threads[thread];
  std::int64_t stepStart = INT64_MIN;
  std::int64_t stepEnd = INT64_MAX;
  if (!stepAround(timeline, records.start[first], stepStart, stepEnd)) return;
  const std::int64_t runStart = records.start[first];
  std::int64_t runEnd = runStart;
  for (std::uint32_t i = first; i <= last; ++i) runEnd = std::max(runEnd, records.end[i]);
  const std::int64_t from = std::clamp(endBefore_[thread][first], stepStart, runStart);
  std::int64_t to = stepEnd;
  if (last + 1 < records.start.size()) to = std::min(to, records.start[last + 1]);
  to = std::max(to, runEnd);
  // Going from one line to another takes its time whatever was removed between them.
  const std::int64_t pauses = (runStart - from) + (to - runEnd);
  const auto keep = std::min(pauses, static_cast<std::int64_t>(usualPause_[thread]));
  edit.cuts.push_back({std::min(from + keep, runStart), to, thread});
}

bool LineCutter::cut(std::uint16_t thread, std::uint32_t record, Edit &edit) {
  const ThreadRecords &records = whatIf_.timeline().threads[thread];
  const Line line = lineOf(records.location[record]);
  if (line.line == 0 && !records.callStart.empty() &&
      records.callEnd[record] > records.callStart[record]) {
    edit.cuts.push_back({records.callStart[record], records.callEnd[record], thread});
    return true;
  }
  if (line.line == 0) {
    edit.cuts.push_back({records.start[record], records.end[record], thread});
    return false;
  }
  std::int64_t stepStart = 0;
  std::int64_t stepEnd = 0;
  if (!stepAround(whatIf_.timeline(), records.start[record], stepStart, stepEnd)) return true;
  std::uint32_t first = record;
  while (first > 0 && records.start[first - 1] >= stepStart &&
         lineOf(records.location[first - 1]) == line)
    --first;
  std::uint32_t last = record;
  while (last + 1 < records.start.size() && records.start[last + 1] < stepEnd &&
         lineOf(records.location[last + 1]) == line)
    ++last;
  if (doesMore(thread, first, last, record))
    edit.cuts.push_back({records.start[record], records.end[record], thread});
  else
    cutRun(thread, first, last, edit);
  return true;
}

bool LineCutter::doesMore(std::uint16_t thread, std::uint32_t first, std::uint32_t last,
                          std::uint32_t record) const {
  const Timeline &timeline = whatIf_.timeline();
  const Anchors &anchors = timeline.anchors;
  const ThreadRecords &records = timeline.threads[thread];
  std::int64_t runEnd = records.start[first];
  for (std::uint32_t i = first; i <= last; ++i) runEnd = std::max(runEnd, records.end[i]);
  std::int64_t other = 0;
  const auto begin =
      std::lower_bound(anchors.start.begin(), anchors.start.end(), records.start[first]);
  for (auto i = static_cast<std::size_t>(begin - anchors.start.begin());
       i < anchors.size() && anchors.start[i] < runEnd; ++i) {
    if (anchors.thread[i] != thread) continue;
    const bool inside =
        anchors.start[i] >= records.start[record] && anchors.start[i] < records.end[record];
    if (inside) continue;
    for (std::uint32_t k = anchors.workBegin[i]; k < anchors.workBegin[i + 1]; ++k)
      other += timeline.work.end[k] - timeline.work.start[k];
  }
  return static_cast<double>(other) > workThatStays_;
}

std::size_t LineCutter::cutLine(std::string_view fileLine, Edit &edit) {
  const TraceView &trace = whatIf_.trace();
  const Timeline &timeline = whatIf_.timeline();
  const std::size_t colon = fileLine.rfind(':');
  std::uint32_t number = 0;
  if (colon == fileLine.npos) return 0;
  const std::string_view text = fileLine.substr(colon + 1);
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) return 0;
  const std::string_view file = fileLine.substr(0, colon);
  const auto isLine = [&](FrameId frame) {
    const Line line = lineOf(frame);
    if (line.line != number) return false;
    const std::string_view path = trace.text(line.file);
    return path.ends_with(file) &&
           (path.size() == file.size() || path[path.size() - file.size() - 1] == '/');
  };
  std::size_t runs = 0;
  for (std::uint16_t thread = 0; thread < timeline.threads.size(); ++thread) {
    const ThreadRecords &records = timeline.threads[thread];
    // Traces of torch.profiler know the line that a function begins at: all of its calls go.
    const auto isHere = [&](std::uint32_t i) {
      return isLine(records.location[i]) ||
             (!records.function.empty() && isLine(records.function[i]));
    };
    for (std::uint32_t i = 0; i < records.start.size(); ++i) {
      stopPoint(i);
      std::int64_t stepStart = 0;
      std::int64_t stepEnd = 0;
      if (!isHere(i) || !stepAround(timeline, records.start[i], stepStart, stepEnd)) continue;
      std::uint32_t last = i;
      while (last + 1 < records.start.size() && records.start[last + 1] < stepEnd &&
             isHere(last + 1))
        ++last;
      cutRun(thread, i, last, edit);
      ++runs;
      i = last;
    }
  }
  return runs;
}

} // namespace hotloop::timeline
