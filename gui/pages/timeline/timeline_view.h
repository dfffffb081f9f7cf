#pragma once

#include <QPointF>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "gui/pages/timeline/timeline_scene.h"
#include "gui/widgets/canvas.h"

namespace hotloop::gui {

// The timeline as a widget: mouse, wheel and actions change a TimelineState, the scene draws it.
class TimelineView : public Canvas {
public:
  explicit TimelineView(TracePtr trace, QWidget *parent = nullptr);

  // The rest of a trace that was shown in part: what is in view stays in view.
  void setTrace(TracePtr trace);
  const Trace &trace() const { return scene_->trace(); }
  const TimelineState &state() const { return state_; }
  const TimelineLayout &layout() const { return scene_->layout(); }

  void show(std::int64_t t0, std::int64_t t1); // exactly
  void frame(std::int64_t t0, std::int64_t t1);
  void select(std::uint32_t slice, bool frameIt);
  void setMarks(std::vector<TimelineMark> marks, int current);
  void setSearch(std::shared_ptr<const Search> search);
  void setFilter(const std::string &text);
  void setOnlyName(std::uint32_t name);
  void setBookmarks(std::vector<std::int64_t> bookmarks);
  void setFolded(std::set<std::string> folded, std::set<std::string> pinned);
  void setScroll(int pixels);
  int scrollRange() const; // largest sensible scroll

  // Actions of the registry that concern the timeline; false when it is none.
  bool act(std::string_view action);

  std::function<void()> changed;             // anything in the state
  std::function<void()> selectionChanged;    // the slice or the area
  std::function<void(std::uint32_t)> opened; // double click on a slice, or Enter

  // The slices of the area's lanes, or of all lanes without an area.
  std::vector<std::uint32_t> areaLanes() const;
  // What makes the statistics of the area, or of what is in view, as a table of at most so many
  // names. Holds what it needs,
  // so that another thread may call it.
  std::function<QString()> areaText(std::size_t mostRows) const;

protected:
  void draw(DrawList &list) override;
  void resizeEvent(QResizeEvent *event) override;
  void changeEvent(QEvent *event) override;
  void wheelEvent(QWheelEvent *event) override;
  void mousePressEvent(QMouseEvent *event) override;
  void mouseMoveEvent(QMouseEvent *event) override;
  void mouseReleaseEvent(QMouseEvent *event) override;
  void mouseDoubleClickEvent(QMouseEvent *event) override;
  void leaveEvent(QEvent *event) override;
  void keyPressEvent(QKeyEvent *event) override;

private:
  enum class Drag { kNone, kPan, kMeasure, kZoom, kMinimap };
  struct Moment { // for undo
    std::int64_t t0, t1;
    int scroll;
  };

  void touch(); // the state changed: draw anew, tell
  void relayout();
  void remember(); // before a jump
  void moveSelection(int direction, bool sameName);
  void followFlow(bool forth);
  void nextHit(bool forth);
  void scrollTo(std::uint32_t slice);
  void minimapTo(double x);
  std::int64_t snapped(double x, double y) const;
  void measureSelection();
  void frameSelection();
  void addBookmark();

  std::unique_ptr<TimelineScene> scene_;
  TimelineState state_;
  Drag drag_ = Drag::kNone;
  QPointF pressed_, last_;
  bool moved_ = false;
  bool framed_ = false; // F again shows everything
  std::vector<Moment> past_, future_;
};

} // namespace hotloop::gui
