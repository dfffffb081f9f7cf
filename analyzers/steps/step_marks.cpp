#include "analyzers/steps/step_marks.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "analyzers/steps/lanes.h"
#include "core/base/stop.h"
#include "core/metrics/step_names.h"
#include "core/trace/meta_keys.h"

namespace hotloop {

namespace {

template <class Table>
void addNamedMarks(const ColumnsOf<Table> &rows, const std::vector<std::int64_t> &numberOfName,
                   std::int64_t notAStep, auto &&accept, std::vector<StepMark> &marks) {
  for (std::uint32_t i = 0; i < rows.start.size(); ++i) {
    stopPoint(i);
    const std::uint32_t name = rows.name[i].value;
    if (name >= numberOfName.size() || numberOfName[name] == notAStep || !accept(i)) continue;
    marks.push_back({rows.start[i], rows.start[i] + rows.duration[i], rows.lane[i],
                     numberOfName[name], kNoIndex});
  }
}

} // namespace

StepMarks collectStepMarks(const TraceView &trace) {
  StepMarks result;
  const auto &rows = trace->steps;
  if (!rows.start.empty()) {
    result.source = *std::ranges::min_element(rows.source);
    for (std::uint32_t i = 0; i < rows.start.size(); ++i) {
      stopPoint(i);
      if (rows.source[i] != result.source) continue;
      result.marks.push_back(
          {rows.start[i], rows.start[i] + rows.duration[i], rows.lane[i], rows.number[i], i});
    }
    return result;
  }

  // Names are few and rows are many: decide per name.
  constexpr std::int64_t kNotAStep = -2;
  std::vector<std::int64_t> numberOfName(trace->strings.size(), kNotAStep);
  bool any = false;
  for (std::uint32_t id = 1; id < numberOfName.size(); ++id) {
    std::int64_t number = -1;
    if (isStepName(trace.text(StringId(id)), number)) {
      numberOfName[id] = number;
      any = true;
    }
  }
  if (!any) return result;
  const auto &ranges = trace->ranges;
  addNamedMarks<RangeTable>(
      ranges, numberOfName, kNotAStep,
      [&](std::uint32_t i) { return ranges.kind[i] != RangeKind::kMark; }, result.marks);
  result.source = StepSource::kNvtx;
  if (!result.marks.empty()) return result;
  const auto &ops = trace->ops;
  addNamedMarks<OpTable>(
      ops, numberOfName, kNotAStep,
      [&](std::uint32_t i) { return ops.scope[i] == OpScope::kUserScope; }, result.marks);
  result.source = StepSource::kProfiler;
  return result;
}

namespace {

// Keeps the marks whose `keyOf` is `best`; how many went.
template <class Key>
std::int64_t keepOnly(std::vector<StepMark> &marks, const Key &best, auto &&keyOf) {
  return static_cast<std::int64_t>(
      std::erase_if(marks, [&](const StepMark &mark) { return !(keyOf(mark) == best); }));
}

ProcessId processWithMostOperators(const TraceView &trace, const std::vector<StepMark> &marks) {
  std::map<ProcessId, std::int64_t> operators;
  for (const StepMark &mark : marks) operators[processOf(trace, mark.lane)] = 0;
  if (operators.size() == 1) return operators.begin()->first;
  const auto &lanes = trace->ops.lane;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    stopPoint(i);
    const auto found = operators.find(processOf(trace, lanes[i]));
    if (found != operators.end()) ++found->second;
  }
  return std::ranges::max_element(operators, {}, [](const auto &entry) { return entry.second; })
      ->first;
}

ThreadId laneWithMostMarks(const std::vector<StepMark> &marks) {
  std::map<ThreadId, std::int64_t> count;
  for (const StepMark &mark : marks) ++count[mark.lane];
  return std::ranges::max_element(count, {}, [](const auto &entry) { return entry.second; })->first;
}

// Nesting level of each mark among the marks; they are sorted by (start, longer first).
std::vector<std::size_t> levels(const std::vector<StepMark> &marks) {
  std::vector<std::size_t> level(marks.size());
  std::vector<Nanoseconds> open; // ends of the marks around
  for (std::size_t i = 0; i < marks.size(); ++i) {
    while (!open.empty() && (open.back() <= marks[i].start || open.back() < marks[i].end))
      open.pop_back();
    level[i] = open.size();
    open.push_back(marks[i].end);
  }
  return level;
}

std::size_t chooseLevel(const std::vector<std::size_t> &level) {
  std::vector<std::size_t> count;
  for (const std::size_t l : level) {
    if (l >= count.size()) count.resize(l + 1);
    ++count[l];
  }
  for (std::size_t l = 0; l < count.size(); ++l)
    if (count[l] >= kMinimumSteadySteps) return l;
  return static_cast<std::size_t>(std::ranges::max_element(count) - count.begin());
}

std::int64_t metaTime(const TraceView &trace, std::string_view key) {
  std::int64_t time = 0;
  const std::string_view text = trace.meta(key);
  std::from_chars(text.data(), text.data() + text.size(), time);
  return time;
}

// Of a run that was recorded in part, the steps outside of that part hold nothing but their marks.
void dropOutsideWindow(const TraceView &trace, std::vector<StepMark> &marks) {
  const Nanoseconds open(metaTime(trace, meta_key::kWindowStart));
  const Nanoseconds closed(metaTime(trace, meta_key::kWindowEnd));
  if (open.count == 0 && closed.count == 0) return;
  std::erase_if(marks, [&](const StepMark &mark) {
    return mark.start < open || (closed > open && mark.end > closed);
  });
}

} // namespace

void chooseSteps(const TraceView &trace, StepMarks input, Steps &steps) {
  auto &marks = input.marks;
  steps.source = input.source;
  const auto negative = static_cast<std::int64_t>(
      std::erase_if(marks, [](const StepMark &mark) { return mark.end < mark.start; }));
  if (negative > 0) steps.notes.push_back({"negative_durations", negative, "step marks, ignored"});
  dropOutsideWindow(trace, marks);
  if (marks.empty()) return;

  steps.process = processWithMostOperators(trace, marks);
  const std::int64_t foreign = keepOnly(
      marks, steps.process, [&](const StepMark &mark) { return processOf(trace, mark.lane); });
  if (foreign > 0) steps.notes.push_back({"other_process_steps", foreign, {}});
  steps.lane = laneWithMostMarks(marks);
  const std::int64_t beside =
      keepOnly(marks, steps.lane, [](const StepMark &mark) { return mark.lane; });
  if (beside > 0) steps.notes.push_back({"other_thread_steps", beside, {}});

  std::ranges::sort(marks, [](const StepMark &a, const StepMark &b) {
    return std::tuple(a.start, b.end, a.row) < std::tuple(b.start, a.end, b.row);
  });
  const std::vector<std::size_t> level = levels(marks);
  const std::size_t chosen = chooseLevel(level);
  std::int64_t overlaps = 0;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (level[i] != chosen) continue;
    const StepMark &mark = marks[i];
    if (!steps.all.empty() && mark.start < steps.all.back().end) {
      ++overlaps;
      continue;
    }
    const auto place = static_cast<std::int64_t>(steps.all.size());
    steps.all.push_back(
        {mark.start, mark.end, mark.number >= 0 ? mark.number : place, mark.row, false});
  }
  if (overlaps > 0) steps.notes.push_back({"overlapping_steps", overlaps, {}});
}

} // namespace hotloop
