#include "gui/widgets/step_strip.h"

#include <algorithm>
#include <cmath>

#include "core/report/number_format.h"
#include "gui/data/comparison.h"
#include "gui/data/summary.h"
#include "gui/data/trace/lod.h"
#include "gui/view/text.h"

namespace hotloop::gui {
namespace {

constexpr float kLabel = 120, kRow = 15, kHead = 22;
constexpr std::uint32_t kMostDepth = 6;

} // namespace

StepStrip::StepStrip(std::vector<RunDocumentPtr> runs, QWidget *parent)
    : Canvas(parent), runs_(std::move(runs)) {
  setObjectName(QStringLiteral("aligned steps"));
  setAccessibleName(QStringLiteral("one step of each run, aligned"));
  setMinimumSize(320, 120);
  for (const RunDocumentPtr &run : runs_) {
    styles_.emplace_back(*run->trace);
    TraceStep step;
    if (!typicalStep(*run->trace, step)) step = TraceStep();
    longest_ = std::max(longest_, step.end - step.start);
    steps_.push_back(step);
  }
}

void StepStrip::draw(DrawList &list) {
  const auto w = static_cast<float>(width());
  const auto h = static_cast<float>(height());
  list.back.rects.push_back({0, 0, w, h, rgb(theme::palette().color(QPalette::Base))});
  list.main.texts.push_back(textIn(
      10, 4, w - 20, 18, QStringLiteral("The typical step of each run, aligned at its start"),
      rgb(theme::textColor()), Align::kLeft, true));
  float y = kHead + 4;
  const float share = (h - y) / static_cast<float>(std::max<std::size_t>(1, runs_.size()));
  for (std::size_t i = 0; i < runs_.size(); ++i)
    drawRun(i, y + share * static_cast<float>(i), y + share * static_cast<float>(i + 1), list);
}

float StepStrip::drawRun(std::size_t run, float y, float bottom, DrawList &list) {
  const Trace &trace = *runs_[run]->trace;
  const TraceStep &step = steps_[run];
  const auto w = static_cast<float>(width());
  const int columns = static_cast<int>(w - kLabel - 8);
  const double nsPerPixel = static_cast<double>(longest_) / std::max(1, columns);
  list.main.texts.push_back(
      textIn(10, y, w - 20, 18,
             shown(documentTitle(*runs_[run])) + QStringLiteral("   ") +
                 (step.end > step.start ? shown(formatDuration(Nanoseconds(step.end - step.start)))
                                        : QStringLiteral("no steps")),
             rgb(theme::textColor())));
  y += 18;
  if (step.end <= step.start) return y;
  const std::uint32_t thread = runs_[run]->analysis.stepTable.lane.value;
  LodResult lod;
  for (const Track &track : trace.tracks) {
    const bool device = track.table >= EventTable::kKernel;
    if (!device && (track.entity != thread ||
                    (track.table != EventTable::kOp && track.table != EventTable::kRange))) {
      continue;
    }
    for (std::uint32_t depth = 0; depth < std::min(track.laneCount, kMostDepth); ++depth) {
      if (y + kRow > bottom) return y;
      if (depth == 0)
        list.main.texts.push_back(
            textIn(16, y, kLabel - 20, kRow, shown(track.label), rgb(theme::dimText())));
      const Lane &lane = trace.lanes[track.firstLane + depth];
      list.back.rects.push_back(
          {kLabel, y, static_cast<float>(columns), kRow - 2, rgb(theme::laneColor())});
      const int shownColumns =
          static_cast<int>(static_cast<double>(step.end - step.start) / nsPerPixel);
      queryLod(trace, lane, step.start, nsPerPixel, shownColumns, lod);
      const auto place = [&](std::int64_t t0, std::int64_t t1, Rgb fill, std::uint32_t name) {
        const auto x0 =
            static_cast<float>(std::max(0.0, static_cast<double>(t0 - step.start) / nsPerPixel));
        const auto x1 = static_cast<float>(std::min<double>(
            columns, static_cast<double>(std::min(t1, step.end) - step.start) / nsPerPixel));
        if (x1 <= x0) return;
        const float pw = std::max(1.0f, x1 - x0);
        list.main.rects.push_back({kLabel + x0, y, pw > 3 ? pw - 1 : pw, kRow - 2, fill});
        if (name != kNoSlice && pw > 30)
          list.main.texts.push_back(textIn(kLabel + x0 + 3, y, pw - 6, kRow - 2,
                                           styles_[run].label(name), styles_[run].text(name)));
      };
      for (std::size_t i = 0; i < lod.fine.buckets.size(); ++i) {
        const auto &bucket = lod.fine.buckets[i];
        if (bucket.name == kNoSlice) continue;
        const std::int64_t t0 = (lod.fine.first + static_cast<std::int64_t>(i)) << lod.fine.k;
        const std::int64_t width = std::int64_t{1} << lod.fine.k;
        const double share =
            std::min(1.0, static_cast<double>(bucket.busy) / static_cast<double>(width));
        place(t0, t0 + width,
              mixed(rgb(theme::laneColor()), styles_[run].fill(bucket.name),
                    40 + static_cast<std::uint32_t>(share * 215)),
              kNoSlice);
      }
      for (const LodSlice &slice : lod.slices)
        place(trace.start[slice.slice], trace.end(slice.slice),
              styles_[run].fill(trace.name[slice.slice]), trace.name[slice.slice]);
      y += kRow;
    }
    y += 3;
  }
  return y;
}

} // namespace hotloop::gui
