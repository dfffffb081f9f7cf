#include "gui/widgets/flame_view.h"

#include <QMouseEvent>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "core/report/number_format.h"
#include "gui/data/trace/short_name.h"
#include "gui/view/text.h"

namespace hotloop::gui {
namespace {

constexpr int kRow = 20;
constexpr int kHead = 26;
constexpr double kLeastWidth = 0.7; // pixels

} // namespace

const char *flameMetricName(FlameMetric metric) {
  switch (metric) {
  case FlameMetric::kHost: return "host time";
  case FlameMetric::kDevice: return "device time";
  case FlameMetric::kLaunches: return "launches";
  case FlameMetric::kBytes: return "allocated bytes";
  }
  return "";
}

double flameValue(const CallNode &node, FlameMetric metric) {
  switch (metric) {
  case FlameMetric::kHost: return static_cast<double>(node.total);
  case FlameMetric::kDevice: return static_cast<double>(node.device);
  case FlameMetric::kLaunches: return static_cast<double>(node.launches);
  case FlameMetric::kBytes: return static_cast<double>(node.bytes);
  }
  return 0;
}

QString flameText(double value, FlameMetric metric) {
  if (metric == FlameMetric::kLaunches) return shown(formatCount(value));
  if (metric == FlameMetric::kBytes) return shown(formatBytes(value));
  return shown(formatDuration(Nanoseconds(static_cast<std::int64_t>(value))));
}

FlameView::FlameView(QWidget *parent) : Canvas(parent) {
  setMouseTracking(true);
  setObjectName(QStringLiteral("flame"));
  setAccessibleName(QStringLiteral("flame graph"));
}

void FlameView::setTree(const CallTree *tree, std::vector<double> changes) {
  tree_ = tree;
  changes_ = std::move(changes);
  root_ = 0;
  markDirty();
}

void FlameView::setMetric(FlameMetric metric) {
  metric_ = metric;
  markDirty();
}

void FlameView::zoomTo(std::uint32_t node) {
  root_ = tree_ != nullptr && node < tree_->nodes.size() ? node : 0;
  scroll_ = 0;
  markDirty();
}

void FlameView::place(std::uint32_t node, double x, double w, int depth) {
  const float y = static_cast<float>(kHead + depth * kRow - scroll_);
  if (y > static_cast<float>(height())) return;
  if (y + kRow > kHead) boxes_.push_back({static_cast<float>(x), y, static_cast<float>(w), node});
  const CallNode &entry = tree_->nodes[node];
  const double whole = flameValue(entry, metric_);
  double parts = 0;
  for (const std::uint32_t child : entry.children)
    parts += flameValue(tree_->nodes[child], metric_);
  // Children that reach beyond their parent shrink to it.
  const double scale = whole > 0 ? w / std::max(whole, parts) : 0;
  std::vector<std::uint32_t> order = entry.children;
  std::stable_sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
    return flameValue(tree_->nodes[a], metric_) > flameValue(tree_->nodes[b], metric_);
  });
  for (const std::uint32_t child : order) {
    const double cw = flameValue(tree_->nodes[child], metric_) * scale;
    if (cw < kLeastWidth) break;
    place(child, x, cw, depth + 1);
    x += cw;
  }
}

void FlameView::draw(DrawList &list) {
  const auto w = static_cast<float>(width());
  const auto h = static_cast<float>(height());
  list.back.rects.push_back({0, 0, w, h, rgb(theme::palette().color(QPalette::Base))});
  boxes_.clear();
  const bool any =
      tree_ != nullptr && !tree_->nodes.empty() && flameValue(tree_->nodes[root_], metric_) > 0;
  QString title = QString::fromUtf8(flameMetricName(metric_));
  if (any) {
    title += QStringLiteral(" of ") + shown(tree_->nodes[root_].name) + QStringLiteral(": ") +
             flameText(flameValue(tree_->nodes[root_], metric_), metric_) +
             QStringLiteral(", over the whole run");
  }
  list.top.texts.push_back(
      textIn(8, 2, w - 16, 20, title, rgb(theme::textColor()), Align::kLeft, true));
  if (!any) {
    list.main.texts.push_back(
        textIn(10, h / 2 - 10, w - 20, 20,
               QStringLiteral("no %1 on record").arg(QString::fromUtf8(flameMetricName(metric_))),
               rgb(theme::dimText()), Align::kCenter));
    return;
  }
  place(root_, 0, width(), 0);
  double most = 1;
  for (const double change : changes_) most = std::max(most, std::abs(change));
  for (const Box &box : boxes_) {
    const CallNode &node = tree_->nodes[box.node];
    QColor color = theme::categoryColor(node.category);
    QString label = shown(shortName(node.name));
    if (box.node < changes_.size()) {
      const double change = changes_[box.node];
      const int strength = static_cast<int>(std::sqrt(std::abs(change) / most) * 200);
      const Rgb ground = rgb(theme::laneColor());
      color = QColor::fromRgb(
          mixed(ground, rgb(change > 0 ? QColor(0xe0, 0x6a, 0x1b) : QColor(0x3d, 0x8f, 0xd1)),
                static_cast<std::uint32_t>(strength)));
      if (strength > 8)
        label = (change > 0 ? QStringLiteral("+ ") : QStringLiteral("− ")) +
                flameText(std::abs(change), metric_) + QStringLiteral("  ") + label;
    } else {
      // Neighbours differ a little.
      color = color.lighter(100 + static_cast<int>(box.node % 5) * 4);
    }
    const Rgb fill = rgb(color);
    list.main.rects.push_back({box.x, box.y, std::max(1.0f, box.w - 1), kRow - 1, fill,
                               changes_.empty() ? categoryPattern(node.category) : Pattern::kNone});
    if (box.w > 28)
      list.main.texts.push_back(
          textIn(box.x + 4, box.y, box.w - 8, kRow - 1, label, rgb(theme::textOn(color))));
    if (box.node == hovered_) {
      for (const float at : {box.y, box.y + kRow - 1})
        list.top.lines.push_back({box.x, at, box.x + box.w, at, rgb(theme::textColor()), 2, false});
    }
  }
}

std::uint32_t FlameView::nodeAt(double x, double y) const {
  for (const Box &box : boxes_) {
    if (x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + kRow) return box.node;
  }
  return kNoNode;
}

void FlameView::mousePressEvent(QMouseEvent *event) {
  const std::uint32_t node = nodeAt(event->position().x(), event->position().y());
  if (event->button() == Qt::RightButton || node == kNoNode) {
    zoomTo(0);
  } else {
    // A click on what is zoomed to goes up again.
    zoomTo(node == root_ && tree_->nodes[node].parent != kNoNode ? tree_->nodes[node].parent
                                                                 : node);
    if (chosen) chosen(node);
  }
}

void FlameView::mouseMoveEvent(QMouseEvent *event) {
  const std::uint32_t node = nodeAt(event->position().x(), event->position().y());
  if (node == hovered_) return;
  hovered_ = node;
  markDirty();
  if (node == kNoNode) {
    QToolTip::hideText();
    return;
  }
  const CallNode &entry = tree_->nodes[node];
  QToolTip::showText(event->globalPosition().toPoint(),
                     QStringLiteral("%1\n%2 times, host %3 (self %4), device %5, %6 launches, %7")
                         .arg(shown(entry.name))
                         .arg(static_cast<qulonglong>(entry.count))
                         .arg(flameText(static_cast<double>(entry.total), FlameMetric::kHost),
                              flameText(static_cast<double>(entry.self), FlameMetric::kHost),
                              flameText(static_cast<double>(entry.device), FlameMetric::kHost))
                         .arg(static_cast<qulonglong>(entry.launches))
                         .arg(flameText(static_cast<double>(entry.bytes), FlameMetric::kBytes)),
                     this);
}

void FlameView::wheelEvent(QWheelEvent *event) {
  scroll_ = std::max(0, scroll_ - event->angleDelta().y() / 3);
  markDirty();
}

} // namespace hotloop::gui
