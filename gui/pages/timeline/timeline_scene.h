#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gui/data/trace/lod.h"
#include "gui/data/trace/search.h"
#include "gui/data/trace/trace.h"
#include "gui/pages/timeline/timeline_layout.h"
#include "gui/view/draw_list.h"
#include "gui/view/slice_style.h"
#include "gui/view/time_axis.h"

namespace hotloop::gui {

// A stretch of time that a finding points at.
struct TimelineMark {
  std::int64_t start = 0, end = 0;
  std::uint32_t slice = kNoSlice;
  int finding = 0; // its rank, from 1
};

// A part of the timeline: [t0, t1) of the rows [firstRow, lastRow].
struct TimelineArea {
  std::int64_t t0 = 0, t1 = 0;
  int firstRow = 0, lastRow = 0;
};

// Everything that decides what a timeline looks like, but for its size and theme.
struct TimelineState {
  TimeAxis axis;
  int scroll = 0; // pixels of rows above the window
  std::set<std::string> folded, pinned;
  std::string filter;
  std::uint32_t selected = kNoSlice;
  std::uint32_t hovered = kNoSlice;
  std::optional<TimelineArea> area;
  std::shared_ptr<const Search> search;
  std::vector<TimelineMark> marks;
  int currentFinding = 0;              // its marks stand out; 0 none
  std::vector<std::int64_t> bookmarks; // times
  bool foldSteps = false;              // overlay of all steady steps
  bool allArrows = false;              // of every launch in view, else of the selected one
  std::uint32_t onlyName = kNoSlice;   // others are dim
};

inline constexpr int kLabelWidth = 200;
inline constexpr int kMinimapHeight = 34;
inline constexpr int kRulerHeight = 22;
inline constexpr int kHeadHeight = kMinimapHeight + kRulerHeight;

// Draws a trace. One per trace and theme; keeps what is dear to compute.
class TimelineScene {
public:
  explicit TimelineScene(TracePtr trace);

  const Trace &trace() const { return *trace_; }
  const TracePtr &shared() const { return trace_; }
  const TimelineLayout &layout() const { return layout_; }
  void setLayout(TimelineLayout layout) { layout_ = std::move(layout); }
  // Colours anew, after a change of the theme.
  void restyle();

  void draw(const TimelineState &state, int width, int height, DrawList &list);
  // What lies at a point of the widget.
  int rowAt(const TimelineState &state, double y) const;
  std::uint32_t sliceAt(const TimelineState &state, double x, double y) const;
  // Where a slice is drawn, in pixels of the widget; empty height when its row is folded.
  DrawRect rectOf(const TimelineState &state, std::uint32_t slice) const;

private:
  void drawMinimap(const TimelineState &state, int width, DrawList &list);
  void drawRuler(const TimelineState &state, int width, int height, DrawList &list);
  void drawLane(const TimelineState &state, const TimelineRow &row, int y, int width,
                DrawList &list);
  const std::vector<double> &foldedShares(std::uint32_t lane, int columns);
  void drawFolded(const TimelineRow &row, int y, int width, DrawList &list);
  void drawBusy(const TimelineState &state, const TimelineRow &row, int y, int width,
                DrawList &list);
  void drawCounter(const TimelineState &state, const TimelineRow &row, int y, int width,
                   DrawList &list);
  void drawLabels(const TimelineState &state, int height, DrawList &list);
  void drawMarks(const TimelineState &state, int width, int height, DrawList &list);
  void drawArrows(const TimelineState &state, int width, int height, DrawList &list);
  bool drawBuckets(std::int64_t t0, double nsPerPixel, bool dim, std::vector<Rgb> &pixels);
  bool isDim(const TimelineState &state, std::uint32_t name) const;

  TracePtr trace_;
  TimelineLayout layout_;
  std::unique_ptr<SliceStyle> style_;
  std::vector<float> overview_; // busy share of each of its buckets
  LodResult lod_;
  std::vector<Rgb> bucketColors_;
  int labels_ = 0;
  std::map<std::uint32_t, std::vector<double>> folded_; // by lane
  int foldedColumns_ = 0;
};

// "12.4 ms" for a ruler whose marks are `step` apart.
std::string rulerText(std::int64_t t, std::int64_t step);

} // namespace hotloop::gui
