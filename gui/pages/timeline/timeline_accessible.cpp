#include "gui/pages/timeline/timeline_accessible.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <map>

#include "gui/data/trace/area_stats.h"
#include "gui/pages/timeline/slice_details.h"
#include "gui/pages/timeline/timeline_view.h"
#include "gui/view/text.h"

namespace hotloop::gui {
namespace {

constexpr int kMostSlicesTold = 5;

// A row of the timeline.
class RowInterface : public QAccessibleInterface {
public:
  RowInterface(TimelineView *view, int row) : view_(view), row_(row) {}

  bool isValid() const override { return place() != nullptr; }
  QObject *object() const override { return nullptr; }
  QAccessibleInterface *childAt(int, int) const override { return nullptr; }
  QAccessibleInterface *parent() const override {
    return QAccessible::queryAccessibleInterface(view_);
  }
  QAccessibleInterface *child(int) const override { return nullptr; }
  int childCount() const override { return 0; }
  int indexOfChild(const QAccessibleInterface *) const override { return -1; }
  void setText(QAccessible::Text, const QString &) override {}
  QAccessible::Role role() const override { return QAccessible::ListItem; }

  QAccessible::State state() const override {
    QAccessible::State state;
    state.selectable = true;
    state.selected = selectedHere();
    state.invisible = rect().isEmpty();
    return state;
  }
  QRect rect() const override {
    const TimelineRow *row = place();
    if (row == nullptr) return {};
    const QPoint top = view_->mapToGlobal(QPoint(0, kHeadHeight + row->y - view_->state().scroll));
    return {top, QSize(view_->width(), row->height)};
  }
  QString text(QAccessible::Text kind) const override {
    const TimelineRow *row = place();
    if (row == nullptr) return {};
    if (kind == QAccessible::Name) return name(*row);
    if (kind == QAccessible::Value) return value(*row);
    return {};
  }

private:
  const TimelineRow *place() const {
    const auto &rows = view_->layout().rows();
    return row_ < static_cast<int>(rows.size()) ? &rows[static_cast<std::size_t>(row_)] : nullptr;
  }
  bool selectedHere() const {
    const TimelineRow *row = place();
    const std::uint32_t slice = view_->state().selected;
    return row != nullptr && row->kind == RowKind::kLane && slice != kNoSlice &&
           view_->trace().laneOf(slice) == row->index;
  }
  QString name(const TimelineRow &row) const {
    const Trace &trace = view_->trace();
    switch (row.kind) {
    case RowKind::kGroup: return shown(trace.tracks[row.index].group);
    case RowKind::kBusy:
      return QStringLiteral("busy share of ") + shown(trace.tracks[row.index].group);
    case RowKind::kCounter: return shown(trace.counters[row.index].label());
    case RowKind::kLane: break;
    }
    const Lane &lane = trace.lanes[row.index];
    const Track &track = trace.tracks[lane.track];
    return shown(track.group + ", " + track.label + ", depth " + std::to_string(lane.depth));
  }
  QString value(const TimelineRow &row) const {
    const Trace &trace = view_->trace();
    if (selectedHere()) return shown(sliceSummary(trace, view_->state().selected));
    if (row.kind != RowKind::kLane) return {};
    const Lane &lane = trace.lanes[row.index];
    const std::uint32_t begin = trace.lowerBound(lane, view_->state().axis.t0());
    const std::uint32_t end = trace.lowerBound(lane, view_->state().axis.t1());
    QString text = QStringLiteral("%1 slices in view").arg(end - begin);
    for (std::uint32_t i = begin; i < end && i < begin + kMostSlicesTold; ++i)
      text += QStringLiteral("; ") + shown(trace.nameOf(i).label);
    return text;
  }

  TimelineView *view_;
  int row_;
};

class ViewInterface : public QAccessibleWidget {
public:
  explicit ViewInterface(TimelineView *view)
      : QAccessibleWidget(view, QAccessible::List), view_(view) {}
  ~ViewInterface() override {
    for (const auto &[row, id] : ids_) QAccessible::deleteAccessibleInterface(id);
  }

  int childCount() const override { return static_cast<int>(view_->layout().rows().size()); }
  QAccessibleInterface *child(int index) const override {
    if (index < 0 || index >= childCount()) return nullptr;
    const auto found = ids_.find(index);
    if (found != ids_.end()) return QAccessible::accessibleInterface(found->second);
    auto *row = new RowInterface(view_, index); // the registry owns it
    ids_[index] = QAccessible::registerAccessibleInterface(row);
    return row;
  }
  int indexOfChild(const QAccessibleInterface *child) const override {
    for (const auto &[row, id] : ids_) {
      if (QAccessible::accessibleInterface(id) == child) return row;
    }
    return -1;
  }
  QAccessibleInterface *childAt(int x, int y) const override {
    const QPoint at = view_->mapFromGlobal(QPoint(x, y));
    return at.y() < kHeadHeight
               ? nullptr
               : child(view_->layout().rowAt(at.y() - kHeadHeight + view_->state().scroll));
  }
  QString text(QAccessible::Text kind) const override {
    if (kind == QAccessible::Value && view_->state().selected != kNoSlice)
      return shown(sliceSummary(view_->trace(), view_->state().selected));
    return QAccessibleWidget::text(kind);
  }

private:
  TimelineView *view_;
  mutable std::map<int, QAccessible::Id> ids_;
};

QAccessibleInterface *make(const QString &, QObject *object) {
  auto *view = dynamic_cast<TimelineView *>(object);
  return view == nullptr ? nullptr : new ViewInterface(view);
}

} // namespace

void installTimelineAccessibility() {
  static const bool installed = [] {
    QAccessible::installFactory(make);
    return true;
  }();
  static_cast<void>(installed);
}

} // namespace hotloop::gui
