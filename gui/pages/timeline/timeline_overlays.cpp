#include <algorithm>
#include <cmath>

#include "core/report/number_format.h"
#include "gui/data/trace/busy_columns.h"
#include "gui/pages/timeline/timeline_scene.h"
#include "gui/view/raster.h"
#include "gui/view/text.h"

// What lies over and around the lanes: labels, minimap, ruler, marks, arrows, folded steps.
namespace hotloop::gui {
namespace {

constexpr int kMostArrows = 500;
constexpr std::ptrdiff_t kMostCandidates = 20'000; // looked at for the longest
constexpr std::size_t kMostFolded = 24;            // steps laid over each other
constexpr std::size_t kMostLanesKept = 512;
constexpr int kLeastStepWidth = 14; // pixels, on average, for borders of steps to be drawn

} // namespace

void TimelineScene::drawLabels(const TimelineState &state, int height, DrawList &list) {
  const auto h = static_cast<float>(height);
  const Rgb words = rgb(theme::textColor());
  const Rgb dim = rgb(theme::dimText());
  DrawLayer &top = list.top;
  top.rects.push_back({0, 0, kLabelWidth - 1, h, rgb(theme::palette().color(QPalette::Window))});
  top.rects.push_back({kLabelWidth - 1, 0, 1, h, rgb(theme::gridLine())});
  const auto &rows = layout_.rows();
  for (std::size_t i = layout_.firstVisible(state.scroll); i < rows.size(); ++i) {
    const TimelineRow &row = rows[i];
    const auto y = static_cast<float>(kHeadHeight + row.y - state.scroll);
    if (y >= h) break;
    switch (row.kind) {
    case RowKind::kGroup: {
      const Track &track = trace_->tracks[row.index];
      const bool folded = state.folded.contains(track.group);
      top.rects.push_back(
          {0, y, 20000, kGroupHeight - 2, rgb(theme::palette().color(QPalette::Button))});
      top.texts.push_back(textIn(6, y, 14, kGroupHeight - 2,
                                 folded ? QStringLiteral("▸") : QStringLiteral("▾"), words));
      top.texts.push_back(textIn(20, y, 700, kGroupHeight - 2,
                                 shown(track.group) + (state.pinned.contains(track.group)
                                                           ? QStringLiteral("  (pinned)")
                                                           : QString()),
                                 words, Align::kLeft, true));
      break;
    }
    case RowKind::kLane: {
      const Lane &lane = trace_->lanes[row.index];
      const Track &track = trace_->tracks[lane.track];
      if (row.firstOfTrack)
        top.texts.push_back(
            textIn(20, y, kLabelWidth - 28, kLaneHeight - 2, shown(track.label), words));
      break;
    }
    case RowKind::kBusy:
      top.texts.push_back(textIn(20, y, kLabelWidth - 28, kBusyHeight - 3,
                                 QStringLiteral("busy, 0 to 100 %"), dim));
      break;
    case RowKind::kCounter: {
      const CounterSeries &series = trace_->counters[row.index];
      top.texts.push_back(textIn(8, y + 4, kLabelWidth - 16, 16, shown(series.label()), words));
      top.texts.push_back(
          textIn(8, y + 20, kLabelWidth - 16, 16,
                 shown("peak " + formatBytes(static_cast<double>(series.greatest()))), dim));
      break;
    }
    }
  }
}

void TimelineScene::drawMinimap(const TimelineState &state, int width, DrawList &list) {
  const int w = width - kLabelWidth;
  if (w <= 0) return;
  list.top.texts.push_back(textIn(8, 0, kLabelWidth - 16, kMinimapHeight,
                                  state.foldSteps ? QStringLiteral("steady steps overlaid")
                                                  : QStringLiteral("whole run"),
                                  rgb(theme::dimText())));
  const Rgb fill = rgb(theme::categoryColor(Category::kOperator));
  const float bottom = kMinimapHeight - 4;
  for (int x = 0; x < w; x += 2) {
    const auto bucket = static_cast<std::size_t>(static_cast<std::int64_t>(x) *
                                                 static_cast<std::int64_t>(overview_.size()) / w);
    const float h = std::round(overview_[bucket] * (kMinimapHeight - 8));
    if (h > 0)
      list.top.rects.push_back({static_cast<float>(kLabelWidth + x), bottom - h, 2, h, fill});
  }
  const auto at = [&](std::int64_t t) {
    return static_cast<float>(
        kLabelWidth +
        std::clamp(static_cast<double>(t) / static_cast<double>(trace_->length), 0.0, 1.0) * w);
  };
  const float x0 = at(state.axis.t0());
  const float x1 = std::max(x0 + 2, at(state.axis.t1()));
  const Rgb frame = rgb(theme::accent());
  list.top.rects.push_back({x0, 2, x1 - x0, kMinimapHeight - 4, withAlpha(theme::accent(), 40)});
  for (const float x : {x0, x1})
    list.top.lines.push_back({x, 2, x, kMinimapHeight - 2, frame, 2, false});
  for (const TimelineMark &mark : state.marks) {
    list.top.lines.push_back({at(mark.start), kMinimapHeight - 6, at(mark.start),
                              kMinimapHeight - 1, rgb(theme::bad()), 1, false});
  }
}

void TimelineScene::drawRuler(const TimelineState &state, int width, int height, DrawList &list) {
  const std::int64_t step = rulerStep(state.axis.nsPerPixel(), 110);
  const float y = kMinimapHeight;
  list.top.lines.push_back({0, kHeadHeight - 1, static_cast<float>(width), kHeadHeight - 1,
                            rgb(theme::gridLine()), 1, false});
  const std::int64_t first = std::max<std::int64_t>(0, (state.axis.t0() + step - 1) / step) * step;
  for (std::int64_t t = first; t <= state.axis.t1(); t += step) {
    const auto x = static_cast<float>(std::round(kLabelWidth + state.axis.x(t)));
    list.top.lines.push_back({x, y + 12, x, kHeadHeight - 1, rgb(theme::dimText()), 1, false});
    list.back.lines.push_back(
        {x, kHeadHeight, x, static_cast<float>(height), rgb(theme::gridLine()), 1, false});
    const QString text = shown(rulerText(t, step));
    if (x + 4 + textWidth(text, theme::TextSize::kSmall, false) > width) continue;
    list.top.texts.push_back(textIn(x + 4, y, 104, kRulerHeight, text, rgb(theme::dimText())));
  }
  const std::string span = formatDuration(Nanoseconds(state.axis.t1() - state.axis.t0()));
  list.top.texts.push_back(textIn(8, y, kLabelWidth - 16, kRulerHeight, shown("in view " + span),
                                  rgb(theme::dimText())));
}

void TimelineScene::drawMarks(const TimelineState &state, int width, int height, DrawList &list) {
  const auto h = static_cast<float>(height);
  const auto x = [&](std::int64_t t) { return static_cast<float>(kLabelWidth + state.axis.x(t)); };
  const auto right = static_cast<float>(width);
  if (!state.foldSteps) {
    // Closer together they would be a haze.
    const auto begins = [](const TraceStep &step, std::int64_t t) { return step.start < t; };
    const auto &steps = trace_->steps;
    const auto from = std::lower_bound(steps.begin(), steps.end(), state.axis.t0(), begins);
    const auto end = std::lower_bound(from, steps.end(), state.axis.t1(), begins);
    for (auto step = from; step != end && end - from <= width / kLeastStepWidth; ++step) {
      list.back.lines.push_back({x(step->start), kHeadHeight, x(step->start), h,
                                 withAlpha(theme::accent(), 110), 1, false});
    }
  }
  if (state.area) {
    const float x0 = std::max<float>(kLabelWidth, x(state.area->t0));
    const float x1 = std::min(right, x(state.area->t1));
    if (x1 > x0) {
      list.main.rects.push_back({x0, kHeadHeight, x1 - x0, h, withAlpha(theme::accent(), 36)});
      for (const float at : {x0, x1})
        list.main.lines.push_back({at, kHeadHeight, at, h, rgb(theme::accent()), 1, false});
    }
  }
  for (const TimelineMark &mark : state.marks) {
    if (mark.slice == kNoSlice) continue;
    const DrawRect place = rectOf(state, mark.slice);
    if (place.h <= 0 || place.x > right || place.x + place.w < kLabelWidth ||
        place.y < kHeadHeight - kLaneHeight || place.y > h) {
      continue;
    }
    const bool current = mark.finding == state.currentFinding;
    const Rgb color = rgb(theme::bad());
    const float x0 = std::max<float>(kLabelWidth, place.x - 2);
    const float x1 = std::min(right, place.x + std::max(3.0f, place.w) + 2);
    const float width2 = current ? 2 : 1;
    list.main.lines.push_back({x0, place.y - 1, x1, place.y - 1, color, width2, false});
    list.main.lines.push_back({x0, place.y + place.h, x1, place.y + place.h, color, width2, false});
    for (const float at : {x0, x1})
      list.main.lines.push_back({at, place.y - 1, at, place.y + place.h, color, width2, false});
  }
  for (const std::int64_t time : state.bookmarks) {
    const float at = x(time);
    if (at < kLabelWidth || at > right) continue;
    list.main.lines.push_back({at, kHeadHeight, at, h, withAlpha(theme::good(), 160), 2, false});
  }
  for (const std::uint32_t slice : {state.hovered, state.selected}) {
    if (slice == kNoSlice || state.foldSteps) continue;
    const DrawRect place = rectOf(state, slice);
    if (place.h <= 0 || place.x > right || place.x + place.w < kLabelWidth) continue;
    const float x0 = std::max<float>(kLabelWidth, place.x);
    const float x1 = std::min(right, place.x + place.w);
    const Rgb color = rgb(theme::textColor());
    const float pen = slice == state.selected ? 2 : 1;
    for (const float at : {place.y, place.y + place.h})
      list.main.lines.push_back({x0 - 1, at, x1 + 1, at, color, pen, false});
    for (const float at : {x0, x1})
      list.main.lines.push_back({at, place.y, at, place.y + place.h, color, pen, false});
  }
}

void TimelineScene::drawArrows(const TimelineState &state, int width, int height, DrawList &list) {
  if (state.foldSteps) return;
  const auto arrow = [&](std::uint32_t host, std::uint32_t device, float pen) {
    const DrawRect from = rectOf(state, host);
    const DrawRect to = rectOf(state, device);
    if (from.h <= 0 || to.h <= 0) return;
    const auto right = static_cast<float>(width);
    if (std::max(from.x, to.x) < kLabelWidth || std::min(from.x, to.x) > right) return;
    const float y0 =
        std::clamp<float>(from.y + from.h / 2, kHeadHeight, static_cast<float>(height));
    const float y1 = std::clamp<float>(to.y + to.h / 2, kHeadHeight, static_cast<float>(height));
    list.main.lines.push_back({std::clamp<float>(from.x + from.w, kLabelWidth, right), y0,
                               std::clamp<float>(to.x, kLabelWidth, right), y1, rgb(theme::bad()),
                               pen, true});
  };
  if (state.selected != kNoSlice) {
    for (const std::uint32_t device : trace_->launched(state.selected))
      arrow(state.selected, device, 1.5f);
    const std::uint32_t host = trace_->launcher(state.selected);
    if (host != kNoSlice) arrow(host, state.selected, 1.5f);
  }
  if (!state.allArrows) return;
  // The ones in view that waited longest, up to a budget; of very many, some of them.
  struct Candidate {
    std::int64_t latency;
    const Flow *flow;
  };
  struct Run {
    const Flow *first, *end;
  };
  std::vector<Candidate> candidates;
  std::vector<Run> runs;
  std::ptrdiff_t inView = 0;
  const auto before = [](const Flow &f, std::uint32_t s) { return f.host < s; };
  for (const Lane &lane : trace_->lanes) {
    if (trace_->tracks[lane.track].table != EventTable::kApi) continue;
    const Flow *all = trace_->flows.data();
    const Flow *end = all + trace_->flows.size();
    const Flow *from =
        std::lower_bound(all, end, trace_->lowerBound(lane, state.axis.t0()), before);
    const Flow *to = std::lower_bound(from, end, trace_->lowerBound(lane, state.axis.t1()), before);
    runs.push_back({from, to});
    inView += to - from;
  }
  const std::ptrdiff_t stride = inView / kMostCandidates + 1;
  for (const Run &run : runs) {
    for (const Flow *flow = run.first; flow < run.end; flow += std::min(stride, run.end - flow))
      candidates.push_back({trace_->start[flow->device] - trace_->start[flow->host], flow});
  }
  const auto count =
      static_cast<std::ptrdiff_t>(std::min<std::size_t>(candidates.size(), kMostArrows));
  std::partial_sort(candidates.begin(), candidates.begin() + count, candidates.end(),
                    [](const Candidate &a, const Candidate &b) {
                      return a.latency != b.latency ? a.latency > b.latency : a.flow < b.flow;
                    });
  for (std::ptrdiff_t i = 0; i < count; ++i)
    arrow(candidates[static_cast<std::size_t>(i)].flow->host,
          candidates[static_cast<std::size_t>(i)].flow->device, 1.0f);
}

// How often each moment of a step is covered, over steady steps: 1 where all of them work. Columns
// of the longest of them; kept, since panning changes nothing.
const std::vector<double> &TimelineScene::foldedShares(std::uint32_t index, int columns) {
  if (foldedColumns_ != columns || folded_.size() > kMostLanesKept) folded_.clear();
  foldedColumns_ = columns;
  const auto [found, isNew] = folded_.try_emplace(index);
  std::vector<double> &covered = found->second;
  if (!isNew) return covered;
  covered.assign(static_cast<std::size_t>(std::max(0, columns)), 0);
  std::vector<const TraceStep *> steps;
  for (const TraceStep &step : trace_->steps) {
    if (step.steady) steps.push_back(&step);
  }
  if (steps.empty()) {
    for (const TraceStep &step : trace_->steps) steps.push_back(&step);
  }
  if (steps.empty()) return covered;
  std::int64_t longest = 1;
  for (const TraceStep *step : steps) longest = std::max(longest, step->end - step->start);
  const std::size_t stride = (steps.size() + kMostFolded - 1) / kMostFolded;
  const Lane &lane = trace_->lanes[index];
  std::size_t used = 0;
  std::vector<std::int64_t> busy;
  for (std::size_t s = 0; s < steps.size(); s += stride, ++used) {
    const TimeColumns cut{steps[s]->start, std::max<std::int64_t>(longest, columns), columns};
    int count = 0; // columns that begin in this step
    while (count < columns && cut.begin(count) < steps[s]->end) ++count;
    busy.assign(static_cast<std::size_t>(count), 0);
    addBusyColumns(*trace_, lane, cut, busy);
    for (int i = 0; i < count; ++i) {
      const auto place = static_cast<std::size_t>(i);
      covered[place] +=
          static_cast<double>(busy[place]) / static_cast<double>(cut.begin(i + 1) - cut.begin(i));
    }
  }
  for (double &share : covered) share = std::min(1.0, share / static_cast<double>(used));
  return covered;
}

void TimelineScene::drawFolded(const TimelineRow &row, int y, int width, DrawList &list) {
  constexpr int kColumn = 2;
  const std::vector<double> &covered = foldedShares(row.index, width / kColumn);
  if (covered.empty()) return;
  const Lane &lane = trace_->lanes[row.index];
  DrawStrip strip;
  strip.x = kLabelWidth;
  strip.y = static_cast<float>(y);
  strip.h = kLaneHeight - 2;
  const Rgb ground = rgb(theme::laneColor());
  const Rgb color = rgb(theme::categoryColor(lane.count > 0 ? trace_->nameOf(lane.first).category
                                                            : Category::kOperator));
  const auto pixels = static_cast<std::size_t>(std::lround(width * list.scale));
  strip.pixels.reserve(pixels);
  for (std::size_t px = 0; px < pixels; ++px) {
    const double share = covered[std::min(covered.size() - 1, px * covered.size() / pixels)];
    strip.pixels.push_back(mixed(ground, color, static_cast<std::uint32_t>(share * 255)));
  }
  list.strips.push_back(std::move(strip));
}

} // namespace hotloop::gui
