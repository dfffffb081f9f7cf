#include <QKeyEvent>
#include <algorithm>
#include <utility>

#include "gui/pages/timeline/timeline_view.h"

// What keys, menus and the palette do on the timeline.
namespace hotloop::gui {
namespace {

constexpr double kZoomStep = 1.35;
constexpr double kPanStep = 0.15;
constexpr int kScrollStep = 3 * kLaneHeight;

} // namespace

// Keys that tables need for themselves, so that they are no shortcuts of the window.
void TimelineView::keyPressEvent(QKeyEvent *event) {
  switch (event->key()) {
  case Qt::Key_Return:
  case Qt::Key_Enter: act("activate"); break;
  case Qt::Key_Up: act("scroll-up"); break;
  case Qt::Key_Down: act("scroll-down"); break;
  case Qt::Key_Left: act("previous-slice"); break;
  case Qt::Key_Right: act("next-slice"); break;
  case Qt::Key_Home: act("fit"); break;
  default: Canvas::keyPressEvent(event);
  }
}

bool TimelineView::act(std::string_view action) {
  const double middle = state_.axis.width() / 2.0;
  if (action == "zoom-in" || action == "zoom-out") {
    framed_ = false;
    state_.axis.zoom(action == "zoom-in" ? kZoomStep : 1 / kZoomStep, middle);
    touch();
  } else if (action == "pan-left" || action == "pan-right") {
    framed_ = false;
    state_.axis.pan((action == "pan-right" ? kPanStep : -kPanStep) * state_.axis.width());
    touch();
  } else if (action == "scroll-up" || action == "scroll-down") {
    state_.scroll += action == "scroll-down" ? kScrollStep : -kScrollStep;
    touch();
  } else if (action == "fit") {
    remember();
    state_.axis.fit();
    touch();
  } else if (action == "frame") {
    frameSelection();
  } else if (action == "measure") {
    measureSelection();
  } else if (action == "next-slice" || action == "previous-slice") {
    moveSelection(action == "next-slice" ? 1 : -1, false);
  } else if (action == "next-same" || action == "previous-same") {
    moveSelection(action == "next-same" ? 1 : -1, true);
  } else if (action == "flow-forth" || action == "flow-back") {
    followFlow(action == "flow-forth");
  } else if (action == "next-hit" || action == "previous-hit") {
    nextHit(action == "next-hit");
  } else if (action == "fold-steps") {
    state_.foldSteps = !state_.foldSteps;
    touch();
  } else if (action == "arrows") {
    state_.allArrows = !state_.allArrows;
    touch();
  } else if (action == "only-name") {
    const bool on = state_.onlyName == kNoSlice && state_.selected != kNoSlice;
    setOnlyName(on ? trace().name[state_.selected] : kNoSlice);
  } else if (action == "fold-groups") {
    const bool fold = state_.folded.empty();
    state_.folded.clear();
    for (const Track &track : trace().tracks) {
      if (fold) state_.folded.insert(track.group);
    }
    relayout();
  } else if (action == "bookmark") {
    addBookmark();
  } else if (action == "clear") {
    state_.area.reset();
    state_.selected = kNoSlice;
    state_.onlyName = kNoSlice;
    state_.search = nullptr;
    touch();
    if (selectionChanged) selectionChanged();
  } else if (action == "undo" || action == "redo") {
    auto &from = action == "undo" ? past_ : future_;
    auto &to = action == "undo" ? future_ : past_;
    if (from.empty()) return true;
    to.push_back({state_.axis.t0(), state_.axis.t1(), state_.scroll});
    state_.axis.show(from.back().t0, from.back().t1);
    state_.scroll = from.back().scroll;
    from.pop_back();
    touch();
  } else if (action == "activate") {
    if (state_.selected != kNoSlice && opened) opened(state_.selected);
  } else {
    return false;
  }
  return true;
}

void TimelineView::frameSelection() {
  if (framed_) {
    remember();
    state_.axis.fit();
    touch();
    return;
  }
  if (state_.area) {
    frame(state_.area->t0, state_.area->t1);
  } else if (state_.selected != kNoSlice) {
    frame(trace().start[state_.selected], trace().end(state_.selected));
    scrollTo(state_.selected);
    touch();
  } else {
    remember();
    state_.axis.fit();
    touch();
    return;
  }
  framed_ = true;
}

void TimelineView::measureSelection() {
  TimelineArea area{state_.axis.t0(), state_.axis.t1(), 0,
                    static_cast<int>(layout().rows().size()) - 1};
  if (state_.selected != kNoSlice) {
    area.t0 = trace().start[state_.selected];
    area.t1 = std::max(area.t0 + 1, trace().end(state_.selected));
  }
  state_.area = area;
  state_.selected = kNoSlice;
  touch();
  if (selectionChanged) selectionChanged();
}

void TimelineView::moveSelection(int direction, bool sameName) {
  if (state_.selected == kNoSlice) {
    // Begin with what is in view: the first slice of the first lane that has one there.
    for (const TimelineRow &row : layout().rows()) {
      if (row.kind != RowKind::kLane || row.y < state_.scroll) continue;
      const Lane &lane = trace().lanes[row.index];
      const std::uint32_t slice = trace().lowerBound(lane, state_.axis.t0());
      if (slice < lane.first + lane.count && trace().start[slice] < state_.axis.t1()) {
        select(slice, false);
        return;
      }
    }
    return;
  }
  const Lane &lane = trace().lanes[trace().laneOf(state_.selected)];
  const std::uint32_t name = trace().name[state_.selected];
  std::uint32_t slice = state_.selected;
  while (direction > 0 ? slice + 1 < lane.first + lane.count : slice > lane.first) {
    slice = direction > 0 ? slice + 1 : slice - 1;
    if (!sameName || trace().name[slice] == name) {
      select(slice, false);
      return;
    }
  }
}

void TimelineView::followFlow(bool forth) {
  if (state_.selected == kNoSlice) return;
  std::uint32_t target = kNoSlice;
  if (forth) {
    const auto devices = trace().launched(state_.selected);
    if (!devices.empty()) target = devices.front();
  } else {
    target = trace().launcher(state_.selected);
  }
  if (target != kNoSlice) select(target, false);
}

void TimelineView::nextHit(bool forth) {
  if (!state_.search) return;
  const std::int64_t from =
      state_.selected != kNoSlice ? trace().start[state_.selected] : state_.axis.t0();
  const std::uint32_t hit =
      forth ? state_.search->next(trace(), from) : state_.search->previous(trace(), from);
  if (hit != kNoSlice) select(hit, false);
}

void TimelineView::addBookmark() {
  const std::int64_t time = state_.selected != kNoSlice ? trace().start[state_.selected]
                                                        : (state_.axis.t0() + state_.axis.t1()) / 2;
  const auto found = std::find(state_.bookmarks.begin(), state_.bookmarks.end(), time);
  if (found != state_.bookmarks.end())
    state_.bookmarks.erase(found);
  else
    state_.bookmarks.push_back(time);
  touch();
}

} // namespace hotloop::gui
