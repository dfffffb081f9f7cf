#include "gui/pages/timeline/timeline_view.h"

#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "core/report/number_format.h"
#include "gui/pages/timeline/slice_details.h"
#include "gui/pages/timeline/timeline_accessible.h"
#include "gui/view/text.h"

namespace hotloop::gui {
namespace {

constexpr double kZoomStep = 1.25; // a key, a notch of the wheel
constexpr double kPanStep = 0.15;  // of the window
constexpr int kScrollStep = 3 * kLaneHeight;
constexpr double kSnapPixels = 6;
constexpr std::size_t kMostMoments = 200;
constexpr double kDragFrom = 4; // pixels; less is a click

} // namespace

TimelineView::TimelineView(TracePtr trace, QWidget *parent)
    : Canvas(parent), scene_(std::make_unique<TimelineScene>(std::move(trace))) {
  installTimelineAccessibility(); // before its name is set, which screen readers are told of
  setObjectName(QStringLiteral("timeline"));
  setAccessibleName(QStringLiteral("timeline"));
  setMouseTracking(true);
  setMinimumSize(kLabelWidth + 120, kHeadHeight + 60);
  state_.axis.setLength(scene_->trace().length);
  state_.axis.fit();
}

void TimelineView::setTrace(TracePtr trace) {
  const bool whole = state_.axis.t0() <= 0 && state_.axis.t1() >= scene_->trace().length;
  const std::int64_t shift = scene_->trace().origin - trace->origin;
  const std::int64_t t0 = state_.axis.t0() + shift;
  const std::int64_t t1 = state_.axis.t1() + shift;
  const bool same = trace->size() == scene_->trace().size();
  if (!same) {
    // Indices of slices and names mean others now.
    state_.selected = state_.hovered = state_.onlyName = kNoSlice;
    state_.search = nullptr;
    state_.area.reset();
    state_.marks.clear();
  }
  scene_ = std::make_unique<TimelineScene>(std::move(trace));
  state_.axis.setLength(scene_->trace().length);
  if (whole)
    state_.axis.fit();
  else
    state_.axis.show(t0, t1);
  relayout();
}

void TimelineView::touch() {
  state_.scroll = std::clamp(state_.scroll, 0, scrollRange());
  markDirty();
  if (changed) changed();
}

void TimelineView::relayout() {
  scene_->setLayout(TimelineLayout(scene_->trace(), state_.folded, state_.pinned, state_.filter));
  touch();
}

int TimelineView::scrollRange() const {
  return std::max(0, scene_->layout().height() - (height() - kHeadHeight) + kLaneHeight);
}

void TimelineView::remember() {
  framed_ = false;
  past_.push_back({state_.axis.t0(), state_.axis.t1(), state_.scroll});
  if (past_.size() > kMostMoments) past_.erase(past_.begin());
  future_.clear();
}

void TimelineView::show(std::int64_t t0, std::int64_t t1) {
  remember();
  state_.axis.show(t0, t1);
  touch();
}

void TimelineView::frame(std::int64_t t0, std::int64_t t1) {
  remember();
  state_.axis.frame(t0, t1);
  touch();
}

void TimelineView::scrollTo(std::uint32_t slice) {
  const std::uint32_t lane = scene_->trace().laneOf(slice);
  int row = scene_->layout().rowOfLane(lane);
  if (row < 0) { // folded or filtered away: what is asked for is always visible
    state_.folded.erase(scene_->trace().tracks[scene_->trace().lanes[lane].track].group);
    state_.filter.clear();
    relayout();
    row = scene_->layout().rowOfLane(lane);
    if (row < 0) return;
  }
  const TimelineRow &place = scene_->layout().rows()[static_cast<std::size_t>(row)];
  const int room = height() - kHeadHeight;
  if (place.y < state_.scroll || place.y + place.height > state_.scroll + room)
    state_.scroll = std::max(0, place.y - room / 3);
}

void TimelineView::select(std::uint32_t slice, bool frameIt) {
  state_.selected = slice;
  state_.area.reset();
  if (slice != kNoSlice) {
    if (frameIt) {
      remember();
      state_.foldSteps = false;
      const Trace &t = trace();
      // A slice alone says little: its neighbourhood comes with it.
      const std::int64_t room = std::max<std::int64_t>(t.duration(slice), 2'000);
      state_.axis.show(t.start[slice] - 2 * room, t.end(slice) + 2 * room);
    } else if (trace().end(slice) < state_.axis.t0() || trace().start[slice] > state_.axis.t1()) {
      remember();
      const std::int64_t half = (state_.axis.t1() - state_.axis.t0()) / 2;
      const std::int64_t middle = trace().start[slice] + trace().duration(slice) / 2;
      state_.axis.show(middle - half, middle + half);
    }
    scrollTo(slice);
  }
  touch();
  if (selectionChanged) selectionChanged();
}

void TimelineView::setMarks(std::vector<TimelineMark> marks, int current) {
  state_.marks = std::move(marks);
  state_.currentFinding = current;
  touch();
}

void TimelineView::setSearch(std::shared_ptr<const Search> search) {
  state_.search = std::move(search);
  touch();
}

void TimelineView::setFilter(const std::string &text) {
  state_.filter = text;
  relayout();
}

void TimelineView::setOnlyName(std::uint32_t name) {
  state_.onlyName = name;
  touch();
}

void TimelineView::setBookmarks(std::vector<std::int64_t> bookmarks) {
  state_.bookmarks = std::move(bookmarks);
  touch();
}

void TimelineView::setFolded(std::set<std::string> folded, std::set<std::string> pinned) {
  state_.folded = std::move(folded);
  state_.pinned = std::move(pinned);
  relayout();
}

void TimelineView::setScroll(int pixels) {
  if (pixels == state_.scroll) return;
  state_.scroll = pixels;
  touch();
}

std::vector<std::uint32_t> TimelineView::areaLanes() const {
  std::vector<std::uint32_t> lanes;
  const auto &rows = scene_->layout().rows();
  const int first = state_.area ? state_.area->firstRow : 0;
  const int last = state_.area ? state_.area->lastRow : static_cast<int>(rows.size()) - 1;
  for (int i = std::max(0, first); i <= last && i < static_cast<int>(rows.size()); ++i) {
    const TimelineRow &row = rows[static_cast<std::size_t>(i)];
    if (row.kind == RowKind::kLane) lanes.push_back(row.index);
  }
  return lanes;
}

std::function<QString()> TimelineView::areaText(std::size_t mostRows) const {
  const std::int64_t t0 =
      state_.area ? state_.area->t0 : std::max<std::int64_t>(0, state_.axis.t0());
  const std::int64_t t1 =
      state_.area ? state_.area->t1 : std::min(trace().length, state_.axis.t1());
  return [all = scene_->shared(), lanes = areaLanes(), t0, t1, mostRows,
          selected = state_.area.has_value()] {
    const AreaStats stats = areaStats(*all, lanes, t0, t1);
    const std::string title =
        std::string(selected ? "Selected " : "In view: ") + formatDuration(Nanoseconds(t1 - t0)) +
        ", " + std::to_string(stats.count) +
        (stats.count == 1 ? " event begins in it\n" : " events begin in it\n");
    return QString::fromStdString(title + areaTable(*all, stats, t0, t1, mostRows));
  };
}

void TimelineView::draw(DrawList &list) { scene_->draw(state_, width(), height(), list); }

void TimelineView::resizeEvent(QResizeEvent *event) {
  const std::int64_t t0 = state_.axis.t0();
  const std::int64_t t1 = state_.axis.t1();
  state_.axis.setWidth(width() - kLabelWidth);
  state_.axis.show(t0, t1); // the same time, not the same scale
  Canvas::resizeEvent(event);
  touch();
}

void TimelineView::changeEvent(QEvent *event) {
  if (event->type() == QEvent::PaletteChange) scene_->restyle();
  Canvas::changeEvent(event);
}

void TimelineView::wheelEvent(QWheelEvent *event) {
  const double notches = event->angleDelta().y() != 0 ? event->angleDelta().y() / 120.0
                                                      : event->angleDelta().x() / 120.0;
  const auto keys = event->modifiers();
  if (keys & Qt::ControlModifier) { // fine
    state_.axis.zoom(std::pow(1.06, notches), event->position().x() - kLabelWidth);
  } else if (keys & Qt::ShiftModifier) {
    state_.axis.pan(-notches * kPanStep * state_.axis.width());
  } else if (keys & Qt::AltModifier || event->position().x() < kLabelWidth) {
    state_.scroll -= static_cast<int>(notches * kScrollStep);
  } else {
    state_.axis.zoom(std::pow(kZoomStep, notches), event->position().x() - kLabelWidth);
  }
  framed_ = false;
  event->accept();
  touch();
}

void TimelineView::minimapTo(double x) {
  const double share = std::clamp((x - kLabelWidth) / std::max(1, width() - kLabelWidth), 0.0, 1.0);
  const std::int64_t half = (state_.axis.t1() - state_.axis.t0()) / 2;
  const auto middle = static_cast<std::int64_t>(share * static_cast<double>(trace().length));
  state_.axis.show(middle - half, middle + half);
  touch();
}

void TimelineView::mousePressEvent(QMouseEvent *event) {
  setFocus(Qt::MouseFocusReason);
  pressed_ = last_ = event->position();
  moved_ = false;
  if (pressed_.y() < kMinimapHeight && pressed_.x() >= kLabelWidth) {
    remember();
    drag_ = Drag::kMinimap;
    minimapTo(pressed_.x());
  } else if (event->button() == Qt::MiddleButton) {
    drag_ = Drag::kZoom;
  } else if (event->button() == Qt::LeftButton) {
    drag_ = event->modifiers() & Qt::ShiftModifier ? Drag::kPan : Drag::kMeasure;
    if (pressed_.x() < kLabelWidth) drag_ = Drag::kNone;
  } else if (event->button() == Qt::RightButton) {
    drag_ = Drag::kPan;
  }
}

std::int64_t TimelineView::snapped(double x, double y) const {
  const std::int64_t time = state_.axis.time(x - kLabelWidth);
  const int row = scene_->rowAt(state_, y);
  if (row < 0) return time;
  const TimelineRow &place = scene_->layout().rows()[static_cast<std::size_t>(row)];
  if (place.kind != RowKind::kLane) return time;
  const Lane &lane = trace().lanes[place.index];
  const auto reach = static_cast<std::int64_t>(kSnapPixels * state_.axis.nsPerPixel());
  std::int64_t best = time;
  std::int64_t distance = reach + 1;
  const std::uint32_t at = trace().lowerBound(lane, time);
  for (std::uint32_t i = at > lane.first + 1 ? at - 2 : lane.first;
       i < std::min(at + 2, lane.first + lane.count); ++i) {
    for (const std::int64_t edge : {trace().start[i], trace().end(i)}) {
      if (std::abs(edge - time) < distance) {
        distance = std::abs(edge - time);
        best = edge;
      }
    }
  }
  return best;
}

void TimelineView::mouseMoveEvent(QMouseEvent *event) {
  const QPointF at = event->position();
  if (drag_ == Drag::kNone) {
    const std::uint32_t slice = scene_->sliceAt(state_, at.x(), at.y());
    if (slice != state_.hovered) {
      state_.hovered = slice;
      markDirty();
      if (slice == kNoSlice)
        QToolTip::hideText();
      else
        QToolTip::showText(event->globalPosition().toPoint(), shown(sliceSummary(trace(), slice)),
                           this);
    }
    return;
  }
  moved_ = moved_ || (at - pressed_).manhattanLength() > kDragFrom;
  if (drag_ == Drag::kMinimap) minimapTo(at.x());
  if (drag_ == Drag::kPan) {
    state_.axis.pan(last_.x() - at.x());
    state_.scroll += static_cast<int>(std::lround(last_.y() - at.y()));
    touch();
  }
  if ((drag_ == Drag::kMeasure || drag_ == Drag::kZoom) && moved_) {
    TimelineArea area;
    area.t0 = snapped(pressed_.x(), pressed_.y());
    area.t1 = snapped(std::max<double>(kLabelWidth, at.x()), at.y());
    if (area.t1 < area.t0) std::swap(area.t0, area.t1);
    const double bottom = height() - 1;
    const int a = scene_->rowAt(state_, std::clamp<double>(pressed_.y(), kHeadHeight, bottom));
    const int b = scene_->rowAt(state_, std::clamp<double>(at.y(), kHeadHeight, bottom));
    const int last = static_cast<int>(scene_->layout().rows().size()) - 1;
    area.firstRow = a < 0 || b < 0 ? 0 : std::min(a, b);
    area.lastRow = a < 0 || b < 0 ? last : std::max(a, b);
    // Along one lane, as one measures, or from the ruler: all lanes.
    if (area.firstRow == area.lastRow || pressed_.y() < kHeadHeight) {
      area.firstRow = 0;
      area.lastRow = last;
    }
    state_.area = area;
    state_.selected = kNoSlice;
    touch();
  }
  last_ = at;
}

void TimelineView::mouseReleaseEvent(QMouseEvent *event) {
  const Drag drag = std::exchange(drag_, Drag::kNone);
  if (drag == Drag::kZoom && moved_ && state_.area) {
    const TimelineArea area = *state_.area;
    state_.area.reset();
    show(area.t0, area.t1);
    return;
  }
  if (drag == Drag::kMeasure && moved_) {
    if (selectionChanged) selectionChanged();
    return;
  }
  if (event->button() != Qt::LeftButton || moved_ || drag == Drag::kMinimap) return;
  const int row = scene_->rowAt(state_, event->position().y());
  if (row >= 0) {
    const TimelineRow &place = scene_->layout().rows()[static_cast<std::size_t>(row)];
    if (place.kind == RowKind::kGroup) {
      const std::string &group = trace().tracks[place.index].group;
      auto &set = event->modifiers() & Qt::ControlModifier ? state_.pinned : state_.folded;
      if (!set.erase(group)) set.insert(group);
      relayout();
      return;
    }
  }
  select(scene_->sliceAt(state_, event->position().x(), event->position().y()), false);
}

void TimelineView::mouseDoubleClickEvent(QMouseEvent *event) {
  const std::uint32_t slice = scene_->sliceAt(state_, event->position().x(), event->position().y());
  if (slice != kNoSlice) select(slice, true);
}

void TimelineView::leaveEvent(QEvent *) {
  if (state_.hovered == kNoSlice) return;
  state_.hovered = kNoSlice;
  markDirty();
}

} // namespace hotloop::gui
