#include "gui/data/time_range.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "gui/data/run_document.h"

namespace hotloop::gui {
namespace {

std::optional<std::int64_t> parseTime(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || !std::isfinite(value)) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  double scale = 0;
  if (unit == "ns") scale = 1;
  if (unit == "us") scale = 1e3;
  if (unit == "ms") scale = 1e6;
  if (unit == "s") scale = 1e9;
  if (scale == 0 || std::abs(value * scale) > 9e18) return std::nullopt;
  return static_cast<std::int64_t>(value * scale);
}

std::optional<std::int64_t> parseNumber(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

const TraceStep *findStep(const Trace &trace, std::int64_t number) {
  for (const TraceStep &step : trace.steps) {
    if (step.number == number) return &step;
  }
  return nullptr;
}

} // namespace

Result<TimeRange> parseTimeRange(const std::string &text, const RunDocument &document) {
  const Trace &trace = *document.trace;
  const auto bad = [&](const std::string &why) {
    return Unexpected(invalidInput("--range " + text + ": " + why +
                                   "; give START..END with ns, us, ms or s, step:N, steps:A..B, "
                                   "finding:N, or all"));
  };
  if (text == "all") return TimeRange{0, trace.length};
  const std::size_t dots = text.find("..");
  if (text.starts_with("step:") || text.starts_with("steps:")) {
    const std::string_view numbers = std::string_view(text).substr(text.find(':') + 1);
    const std::size_t split = numbers.find("..");
    const auto first = parseNumber(numbers.substr(0, split));
    const auto last =
        split == std::string_view::npos ? first : parseNumber(numbers.substr(split + 2));
    if (!first || !last) return bad("that is no number of a step");
    const TraceStep *from = findStep(trace, *first);
    const TraceStep *to = findStep(trace, *last);
    if (from == nullptr || to == nullptr) {
      return bad(trace.steps.empty() ? "the run has no steps"
                                     : "the run has no such step, but steps " +
                                           std::to_string(trace.steps.front().number) + " to " +
                                           std::to_string(trace.steps.back().number));
    }
    if (to->end <= from->start) return bad("the range is empty");
    return TimeRange{from->start, to->end};
  }
  if (text.starts_with("finding:")) {
    const auto rank = parseNumber(std::string_view(text).substr(8));
    const auto &places = document.models.places;
    if (!rank || *rank < 1 || static_cast<std::size_t>(*rank) > places.size())
      return bad("the run has " + std::to_string(places.size()) + " findings");
    for (const EvidencePlace &place : places[static_cast<std::size_t>(*rank - 1)]) {
      if (!place.known) continue;
      const std::int64_t start = place.start - trace.origin;
      const std::int64_t room = std::max<std::int64_t>(place.duration * 2, 1000);
      return TimeRange{start - room, start + place.duration + room};
    }
    return bad("nothing on the timeline shows that finding");
  }
  if (dots == std::string::npos) return bad("that is no range");
  TimeRange range{0, trace.length};
  const std::string_view from = std::string_view(text).substr(0, dots);
  const std::string_view to = std::string_view(text).substr(dots + 2);
  if (!from.empty()) {
    const auto time = parseTime(from);
    if (!time) return bad("'" + std::string(from) + "' is no time");
    range.t0 = *time;
  }
  if (!to.empty()) {
    const auto time = parseTime(to);
    if (!time) return bad("'" + std::string(to) + "' is no time");
    range.t1 = *time;
  }
  if (range.t1 <= range.t0) return bad("the range is empty");
  if (range.t0 >= trace.length || range.t1 <= 0)
    return bad("the run is " + std::to_string(trace.length) + " ns long");
  return range;
}

} // namespace hotloop::gui
