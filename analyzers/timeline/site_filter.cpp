#include "analyzers/timeline/site_filter.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "analyzers/counters/function_name.h"
#include "analyzers/steps/lanes.h"

namespace hotloop::timeline {

namespace {

// "train.py:12" -> {"train.py", 12}; no number: line 0.
std::pair<std::string_view, std::uint32_t> splitSite(std::string_view site) {
  const std::size_t colon = site.rfind(':');
  std::uint32_t line = 0;
  if (colon == site.npos) return {site, 0};
  const std::string_view number = site.substr(colon + 1);
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), line);
  if (parsed.ec != std::errc() || parsed.ptr != number.data() + number.size()) return {site, 0};
  return {site.substr(0, colon), line};
}

// "src/train.py" is named by "train.py" and by "src/train.py", not by "rain.py".
bool endsWithPath(std::string_view path, std::string_view end) {
  if (end.empty() || !path.ends_with(end)) return false;
  return path.size() == end.size() || path[path.size() - end.size() - 1] == '/';
}

// A C++ function is named by as much of its scope as one likes: "loss", "ns::loss".
bool namesFunction(std::string_view site, std::string_view signature) {
  if (site == signature) return true;
  const std::size_t scope = site.rfind(':'); // most names are not even similar
  if (signature.find(scope == site.npos ? site : site.substr(scope + 1)) == signature.npos)
    return false;
  const std::string name = functionName(signature);
  return name.ends_with(site) &&
         (name.size() == site.size() || name[name.size() - site.size() - 1] == ':');
}

} // namespace

bool readsBack(std::string_view name) {
  return name == "aten::item" || name == "aten::_local_scalar_dense" ||
         name == "aten::is_nonzero" || name == "aten::nonzero";
}

bool inTemplate(const Timeline &timeline, std::uint32_t anchor) {
  const std::uint32_t step = timeline.anchors.step[anchor];
  const auto found = std::lower_bound(
      timeline.steps.begin(), timeline.steps.end(), step,
      [](const TemplateStep &candidate, std::uint32_t wanted) { return candidate.step < wanted; });
  return found != timeline.steps.end() && found->step == step;
}

std::uint32_t recordOf(const Timeline &timeline, std::uint32_t anchor) {
  const std::uint32_t api = timeline.anchors.api[anchor];
  if (api == kNoIndex) return kNoIndex;
  const ThreadRecords &records = timeline.threads[timeline.anchors.thread[anchor]];
  const std::int64_t start = timeline.anchors.start[anchor];
  auto i = static_cast<std::size_t>(
      std::lower_bound(records.start.begin(), records.start.end(), start) - records.start.begin());
  for (; i < records.start.size() && records.start[i] == start; ++i)
    if (records.row[i] == (api | kApiBit)) return static_cast<std::uint32_t>(i);
  return kNoIndex;
}

SiteFilter::SiteFilter(const WhatIf &whatIf, const Where &where)
    : whatIf_(whatIf), where_(where), ops_(where.ops.begin(), where.ops.end()),
      apis_(where.apis.begin(), where.apis.end()) {
  if (where.site.empty()) return;
  const TraceView &trace = whatIf.trace();
  const auto [file, line] = splitSite(where.site);
  file_ = file;
  line_ = line;
  name_ = trace->strings.find(where.site);
  const auto &frames = trace->frames;
  frameMatches_.assign(frames.file.size() + 1, 0);
  for (std::size_t i = 0; i < frames.file.size(); ++i)
    frameMatches_[i + 1] = (endsWithPath(trace.text(frames.file[i]), file_) &&
                            (line_ == 0 || frames.line[i] == line_)) ||
                           namesFunction(where.site, trace.text(frames.function[i]));
  if (!name_) return;
  const auto &ranges = trace->ranges;
  for (std::size_t i = 0; i < ranges.start.size(); ++i)
    if (ranges.name[i] == name_)
      ranges_.push_back({ranges.start[i].count, endOf(ranges.start[i], ranges.duration[i]).count,
                         ranges.lane[i]});
  const auto &ops = trace->ops;
  for (std::size_t i = 0; i < ops.start.size(); ++i)
    if (ops.name[i] == name_ && ops.scope[i] == OpScope::kUserScope)
      ranges_.push_back(
          {ops.start[i].count, endOf(ops.start[i], ops.duration[i]).count, ops.lane[i]});
}

bool SiteFilter::inRange(std::uint16_t thread, std::int64_t time) const {
  const ThreadId id = whatIf_.timeline().threads[thread].id;
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const Stretch &range) {
    return range.thread == id && range.start <= time && time < range.end;
  });
}

bool SiteFilter::matchesSite(std::uint16_t thread, std::uint32_t record) const {
  const TraceView &trace = whatIf_.trace();
  const ThreadRecords &records = whatIf_.timeline().threads[thread];
  for (std::uint32_t r = record; r != kNoIndex; r = records.parent[r]) {
    const std::uint32_t frame = records.location[r].value;
    if (frame < frameMatches_.size() && frameMatches_[frame] != 0) return true;
    const std::uint32_t function = records.function.empty() ? 0 : records.function[r].value;
    if (function < frameMatches_.size() && frameMatches_[function] != 0) return true;
    const std::uint32_t op = opRow(records, r);
    if (name_ && op != kNoIndex && trace->ops.name[op] == name_) return true;
    // Where only the stack tells: the innermost user frames.
    StackId stack =
        op != kNoIndex ? trace->ops.stack[op] : trace->apis.stack[records.row[r] & ~kApiBit];
    while (stack && stack.value <= trace->stacks.frame.size()) {
      const std::uint32_t at = trace->stacks.frame[stack.value - 1].value;
      if (at < frameMatches_.size() && frameMatches_[at] != 0) return true;
      stack = trace->stacks.parent[stack.value - 1];
    }
  }
  return inRange(thread, records.start[record]);
}

bool SiteFilter::matches(std::uint32_t anchor) const {
  const Timeline &timeline = whatIf_.timeline();
  if (!apis_.empty() && !apis_.contains(timeline.anchors.api[anchor])) return false;
  if (ops_.empty() && where_.site.empty()) return true;
  const std::uint16_t thread = timeline.anchors.thread[anchor];
  const std::uint32_t record = recordOf(timeline, anchor);
  if (record == kNoIndex) return false;
  if (!ops_.empty()) {
    const ThreadRecords &records = timeline.threads[thread];
    std::uint32_t r = record;
    while (r != kNoIndex && !(opRow(records, r) != kNoIndex && ops_.contains(opRow(records, r))))
      r = records.parent[r];
    if (r == kNoIndex) return false;
  }
  return where_.site.empty() || matchesSite(thread, record);
}

std::vector<std::uint32_t> SiteFilter::anchors(AnchorKind kind) const {
  const Timeline &timeline = whatIf_.timeline();
  std::vector<std::uint32_t> found;
  for (const TemplateStep &step : timeline.steps)
    for (std::uint32_t i = step.first + 1; i < step.last; ++i)
      if (timeline.anchors.kind[i] == kind && matches(i)) found.push_back(i);
  return found;
}

std::string SiteFilter::unknownSite() const {
  if (where_.site.empty()) return {};
  const Timeline &timeline = whatIf_.timeline();
  for (std::uint32_t i = 0; i < timeline.anchors.size(); ++i)
    if (timeline.anchors.kind[i] != AnchorKind::kStep && matches(i)) return {};
  const char *hint = timeline.locations ? ""
                     : !whatIf_.trace()->stacks.frame.empty()
                         ? " (only some calls of this run have a call stack)"
                         : " (the run carries no source lines: name an "
                           "operator or a range)";
  return fmt::format("Nothing in the steady steps of this run is at '{}'{}.", where_.site, hint);
}

} // namespace hotloop::timeline
