#include "gui/pages/timeline/timeline_scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/report/number_format.h"
#include "gui/data/trace/busy_columns.h"
#include "gui/view/column_line.h"
#include "gui/view/text.h"

namespace hotloop::gui {
namespace {

constexpr int kOverviewBuckets = 2048;
constexpr float kLabelFrom = 26;  // narrower slices have no text
constexpr float kPatternFrom = 6; // and these no pattern
constexpr int kMostLabels = 1500;
constexpr std::uint32_t kLeastCover = 40; // of 255, so that nothing vanishes

// The lanes whose covered time tells how busy the run is: streams, else the operators' outermost.
std::vector<std::uint32_t> overviewLanes(const Trace &trace) {
  std::vector<std::uint32_t> lanes;
  for (const EventTable table : {EventTable::kKernel, EventTable::kOp, EventTable::kApi,
                                 EventTable::kRange, EventTable::kStep}) {
    for (std::uint32_t i = 0; i < trace.lanes.size() && lanes.size() < 64; ++i) {
      const Lane &lane = trace.lanes[i];
      if (trace.tracks[lane.track].table == table && lane.depth == 0) lanes.push_back(i);
    }
    if (!lanes.empty()) break;
  }
  return lanes;
}

std::vector<float> overview(const Trace &trace) {
  const double width = static_cast<double>(trace.length) / kOverviewBuckets;
  std::vector<float> shares(kOverviewBuckets, 0);
  for (const std::uint32_t index : overviewLanes(trace)) {
    std::int64_t before = 0;
    for (int i = 0; i < kOverviewBuckets; ++i) {
      const auto t0 = static_cast<std::int64_t>(width * i);
      const auto t1 = static_cast<std::int64_t>(width * (i + 1));
      const std::int64_t covered = trace.busyBefore(trace.lanes[index], t1);
      shares[static_cast<std::size_t>(i)] += static_cast<float>(covered - before) /
                                             static_cast<float>(std::max<std::int64_t>(1, t1 - t0));
      before = covered;
    }
  }
  for (float &share : shares) share = std::min(1.0f, share);
  return shares;
}

} // namespace

std::string rulerText(std::int64_t t, std::int64_t step) {
  const struct {
    std::int64_t ns;
    const char *unit;
  } units[] = {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}};
  for (const auto &unit : units) {
    if (step < unit.ns && std::abs(t) < unit.ns && unit.ns > 1) continue;
    int digits = 0;
    for (std::int64_t rest = unit.ns; rest > step && digits < 9; rest /= 10) ++digits;
    return fmt::format("{:.{}f} {}", static_cast<double>(t) / static_cast<double>(unit.ns), digits,
                       unit.unit);
  }
  return fmt::format("{} ns", t);
}

TimelineScene::TimelineScene(TracePtr trace)
    : trace_(std::move(trace)), layout_(*trace_, {}, {}, {}), overview_(overview(*trace_)) {
  restyle();
}

void TimelineScene::restyle() { style_ = std::make_unique<SliceStyle>(*trace_); }

int TimelineScene::rowAt(const TimelineState &state, double y) const {
  return y < kHeadHeight ? -1 : layout_.rowAt(static_cast<int>(y) - kHeadHeight + state.scroll);
}

std::uint32_t TimelineScene::sliceAt(const TimelineState &state, double x, double y) const {
  const int row = rowAt(state, y);
  if (row < 0 || x < kLabelWidth || state.foldSteps) return kNoSlice;
  const TimelineRow &place = layout_.rows()[static_cast<std::size_t>(row)];
  if (place.kind != RowKind::kLane) return kNoSlice;
  const Lane &lane = trace_->lanes[place.index];
  const std::int64_t from = state.axis.time(x - kLabelWidth);
  const std::uint32_t exact = trace_->at(lane, from);
  if (exact != kNoSlice) return exact;
  // A pixel may hold many short slices: the longest that begins in it.
  const std::int64_t to = std::max(from + 1, state.axis.time(x - kLabelWidth + 1));
  std::uint32_t best = kNoSlice;
  const std::uint32_t end = trace_->lowerBound(lane, to);
  const std::uint32_t begin = trace_->lowerBound(lane, from);
  for (std::uint32_t slice = begin; slice < std::min(end, begin + 4096); ++slice) {
    if (best == kNoSlice || trace_->duration(slice) > trace_->duration(best)) best = slice;
  }
  return best;
}

DrawRect TimelineScene::rectOf(const TimelineState &state, std::uint32_t slice) const {
  DrawRect rect;
  const int row = layout_.rowOfLane(trace_->laneOf(slice));
  rect.x = static_cast<float>(kLabelWidth + state.axis.x(trace_->start[slice]));
  rect.w = static_cast<float>(
      std::max(1.0, static_cast<double>(trace_->duration(slice)) / state.axis.nsPerPixel()));
  if (row < 0) return rect;
  const TimelineRow &place = layout_.rows()[static_cast<std::size_t>(row)];
  rect.y = static_cast<float>(kHeadHeight + place.y - state.scroll);
  rect.h = static_cast<float>(place.height - 2);
  return rect;
}

bool TimelineScene::isDim(const TimelineState &state, std::uint32_t name) const {
  if (state.onlyName != kNoSlice) return name != state.onlyName;
  return state.search && state.search->any() && !state.search->matches(name);
}

void TimelineScene::draw(const TimelineState &state, int width, int height, DrawList &list) {
  labels_ = 0;
  const auto w = static_cast<float>(width);
  const auto h = static_cast<float>(height);
  list.back.rects.push_back({0, 0, w, h, rgb(theme::palette().color(QPalette::Base))});
  const auto &rows = layout_.rows();
  for (std::size_t i = layout_.firstVisible(state.scroll); i < rows.size(); ++i) {
    const TimelineRow &row = rows[i];
    const int y = kHeadHeight + row.y - state.scroll;
    if (y >= height) break;
    switch (row.kind) {
    case RowKind::kGroup:
      list.back.rects.push_back({0, static_cast<float>(y), w, kGroupHeight - 2,
                                 rgb(theme::palette().color(QPalette::Button))});
      break;
    case RowKind::kLane:
      list.back.rects.push_back({kLabelWidth, static_cast<float>(y), w - kLabelWidth,
                                 kLaneHeight - 2, rgb(theme::laneColor())});
      if (state.foldSteps)
        drawFolded(row, y, width - kLabelWidth, list);
      else
        drawLane(state, row, y, width - kLabelWidth, list);
      break;
    case RowKind::kBusy: drawBusy(state, row, y, width - kLabelWidth, list); break;
    case RowKind::kCounter: drawCounter(state, row, y, width - kLabelWidth, list); break;
    }
  }
  drawMarks(state, width, height, list);
  drawArrows(state, width, height, list);
  drawLabels(state, height, list);
  // The head covers rows that are scrolled below it.
  list.top.rects.push_back({0, 0, w, kHeadHeight, rgb(theme::palette().color(QPalette::Window))});
  drawMinimap(state, width, list);
  drawRuler(state, width, height, list);
}

// What is shorter than a pixel, into pixels that are 0 where there is nothing. False: nothing at
// all.
bool TimelineScene::drawBuckets(std::int64_t t0, double nsPerPixel, bool dim,
                                std::vector<Rgb> &pixels) {
  const LodBuckets &fine = lod_.fine;
  const auto bucketWidth = static_cast<double>(std::int64_t{1} << fine.k);
  const Rgb ground = rgb(theme::laneColor());
  bool any = false;
  bucketColors_.resize(fine.buckets.size());
  for (std::size_t i = 0; i < fine.buckets.size(); ++i) {
    const LodBuckets::Bucket &bucket = fine.buckets[i];
    if (bucket.name == kNoSlice) {
      bucketColors_[i] = ground;
      continue;
    }
    any = true;
    const double share = std::min(1.0, static_cast<double>(bucket.busy) / bucketWidth);
    auto cover = kLeastCover + static_cast<std::uint32_t>(share * (255 - kLeastCover));
    if (dim) cover /= 4;
    // Many names in one place would be confetti: then the category speaks.
    const Rgb color = bucket.mixed ? style_->category(bucket.name) : style_->fill(bucket.name);
    bucketColors_[i] = mixed(ground, color, cover);
  }
  if (!any) return false;
  // A pixel is one to two buckets wide and lies over up to three: a box filter, in 1/256.
  const double perPixel = nsPerPixel / bucketWidth;
  const double weight = 256 / perPixel;
  double from =
      (static_cast<double>(t0) - static_cast<double>(fine.first) * bucketWidth) / bucketWidth;
  const auto last = static_cast<int>(bucketColors_.size()) - 1;
  for (Rgb &pixel : pixels) {
    const double to = from + perPixel;
    const int i0 = std::clamp(static_cast<int>(from), 0, last);
    const int i2 = std::clamp(static_cast<int>(to), 0, last);
    Rgb color = bucketColors_[static_cast<std::size_t>(i0)];
    const Rgb middle = bucketColors_[static_cast<std::size_t>(std::min(i0 + 1, last))];
    const Rgb end = bucketColors_[static_cast<std::size_t>(i2)];
    if (i2 != i0 && (color != end || color != middle)) {
      const auto w0 = static_cast<std::uint32_t>((i0 + 1 - from) * weight);
      const auto w2 =
          i2 - i0 > 1 ? static_cast<std::uint32_t>((to - i2) * weight) : 256 - std::min(256u, w0);
      const std::uint32_t w1 = 256 - std::min(256u, w0 + w2);
      const std::uint32_t rb =
          (((color & 0xff00ff) * w0 + (middle & 0xff00ff) * w1 + (end & 0xff00ff) * w2) >> 8) &
          0xff00ff;
      const std::uint32_t g =
          (((color & 0xff00) * w0 + (middle & 0xff00) * w1 + (end & 0xff00) * w2) >> 8) & 0xff00;
      color = 0xff000000u | rb | g;
    }
    pixel = color == ground ? 0 : color;
    from = to;
  }
  return true;
}

void TimelineScene::drawLane(const TimelineState &state, const TimelineRow &row, int y, int width,
                             DrawList &list) {
  const Lane &lane = trace_->lanes[row.index];
  const double nsPerDevice = state.axis.nsPerPixel() / list.scale;
  const int count = static_cast<int>(std::lround(width * list.scale));
  const std::int64_t t0 = state.axis.t0();
  queryLod(*trace_, lane, t0, nsPerDevice, count, lod_);
  const bool dimStrip = state.onlyName != kNoSlice || (state.search && state.search->any());
  DrawStrip strip;
  strip.x = kLabelWidth;
  strip.y = static_cast<float>(y);
  strip.h = kLaneHeight - 2;
  strip.pixels.assign(static_cast<std::size_t>(count), 0);
  bool any = drawBuckets(t0, nsPerDevice, dimStrip, strip.pixels);
  const auto device = static_cast<float>(1 / list.scale);
  const float right = static_cast<float>(kLabelWidth + width);
  const Rgb ground = rgb(theme::laneColor());
  for (const LodSlice &each : lod_.slices) {
    const double left = std::max(0.0, state.axis.x(trace_->start[each.slice]));
    const double end = state.axis.x(trace_->end(each.slice));
    // Whole device pixels, so that neighbours do not share one.
    const int pixel = static_cast<int>(left * list.scale);
    if (pixel >= count) continue;
    const int stop = static_cast<int>(std::min<double>(count, std::floor(end * list.scale)));
    const int pixels = std::max(1, stop - pixel);
    const int gap = pixels > 3 ? 1 : 0; // touching slices stay apart
    const float x = kLabelWidth + static_cast<float>(pixel) * device;
    const float w = std::min(static_cast<float>(pixels) * device, right - x);
    const std::uint32_t name = trace_->name[each.slice];
    const bool dim = isDim(state, name);
    Rgb fill = style_->fill(name);
    if (dim) fill = mixed(ground, fill, 60);
    const Pattern pattern =
        w >= kPatternFrom && !dim ? categoryPattern(trace_->names[name].category) : Pattern::kNone;
    if (w < kLabelFrom && pattern == Pattern::kNone) {
      // Thousands of them: a row of pixels is repeated for less than rectangles are filled.
      std::fill_n(strip.pixels.begin() + pixel, pixels - gap, fill);
      any = true;
      continue;
    }
    list.main.rects.push_back({x, static_cast<float>(y), w - static_cast<float>(gap) * device,
                               kLaneHeight - 2, fill, pattern});
    if (w >= kLabelFrom && labels_ < kMostLabels && !dim) {
      ++labels_;
      list.main.texts.push_back(textIn(x + 3, static_cast<float>(y), w - 6, kLaneHeight - 2,
                                       style_->label(name), style_->text(name)));
    }
  }
  if (any) list.strips.push_back(std::move(strip));
}

void TimelineScene::drawBusy(const TimelineState &state, const TimelineRow &row, int y, int width,
                             DrawList &list) {
  // Tracks of a group follow one another.
  const Track &head = trace_->tracks[row.index];
  std::vector<std::uint32_t> lanes;
  for (std::size_t i = row.index; i < trace_->tracks.size(); ++i) {
    const Track &track = trace_->tracks[i];
    if (track.group != head.group || track.process != head.process) break;
    if (track.table < EventTable::kKernel) continue;
    for (std::uint32_t lane = 0; lane < track.laneCount; ++lane)
      lanes.push_back(track.firstLane + lane);
  }
  constexpr int kColumn = 2; // pixels
  TimeColumns cut;
  cut.t0 = state.axis.t0();
  cut.span = std::max<std::int64_t>(1, state.axis.time(width) - cut.t0);
  cut.columns = static_cast<int>(std::clamp<std::int64_t>(width / kColumn, 1, cut.span));
  std::vector<std::int64_t> covered(static_cast<std::size_t>(cut.columns), 0);
  for (const std::uint32_t lane : lanes) addBusyColumns(*trace_, trace_->lanes[lane], cut, covered);
  const Rgb fill = withAlpha(theme::categoryColor(Category::kKernel), 150);
  const float bottom = static_cast<float>(y + kBusyHeight - 3);
  const auto edge = [&](int column) {
    return static_cast<float>(kLabelWidth +
                              static_cast<std::int64_t>(width) * column / cut.columns);
  };
  const auto heightOf = [&](int column) {
    const double share = static_cast<double>(covered[static_cast<std::size_t>(column)]) /
                         static_cast<double>(cut.begin(column + 1) - cut.begin(column));
    return static_cast<float>(std::round(std::min(1.0, share) * (kBusyHeight - 6)));
  };
  // Neighbours that are as high as each other are one rectangle.
  for (int column = 0; column < cut.columns;) {
    const float h = heightOf(column);
    const int first = column;
    while (++column < cut.columns && heightOf(column) == h) {
    }
    if (h > 0)
      list.main.rects.push_back({edge(first), bottom - h, edge(column) - edge(first), h, fill});
  }
}

void TimelineScene::drawCounter(const TimelineState &state, const TimelineRow &row, int y,
                                int width, DrawList &list) {
  const CounterSeries &series = trace_->counters[row.index];
  std::vector<CounterSeries::Column> columns;
  series.columns(state.axis.t0(), state.axis.nsPerPixel(), width, columns);
  const float bottom = static_cast<float>(y + kCounterHeight - 4);
  ColumnPlace place;
  place.x = kLabelWidth;
  place.bottom = bottom;
  place.height = kCounterHeight - 10;
  place.greatest = std::max<double>(1, static_cast<double>(series.greatest()));
  place.line = rgb(theme::categoryColor(Category::kRange));
  place.area = withAlpha(theme::categoryColor(Category::kRange), 70);
  drawColumns(columns, place, list.main);
  list.main.lines.push_back({kLabelWidth, bottom, static_cast<float>(kLabelWidth + width), bottom,
                             rgb(theme::gridLine()), 1, false});
}

} // namespace hotloop::gui
