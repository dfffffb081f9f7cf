#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "gui/data/call_tree.h"
#include "gui/view/slice_style.h"
#include "gui/widgets/canvas.h"

namespace hotloop::gui {

enum class FlameMetric { kHost, kDevice, kLaunches, kBytes };
const char *flameMetricName(FlameMetric metric);
double flameValue(const CallNode &node, FlameMetric metric);
QString flameText(double value, FlameMetric metric);

// A call tree as a flame graph, widest first; click zooms into a node. With a second tree it shows
// differences: colour and sign tell who is dearer.
class FlameView : public Canvas {
public:
  explicit FlameView(QWidget *parent = nullptr);
  // `tree` must outlive the view. `changes`: per node, what it costs more than in the baseline.
  void setTree(const CallTree *tree, std::vector<double> changes = {});
  void setMetric(FlameMetric metric);
  FlameMetric metric() const { return metric_; }
  void zoomTo(std::uint32_t node);
  std::uint32_t zoomed() const { return root_; }
  std::uint32_t nodeAt(double x, double y) const; // kNoNode where there is none
  std::function<void(std::uint32_t)> chosen;

protected:
  void draw(DrawList &list) override;
  void mousePressEvent(QMouseEvent *event) override;
  void mouseMoveEvent(QMouseEvent *event) override;
  void wheelEvent(QWheelEvent *event) override;

private:
  struct Box {
    float x, y, w;
    std::uint32_t node;
  };
  void place(std::uint32_t node, double x, double w, int depth);

  const CallTree *tree_ = nullptr;
  std::vector<double> changes_;
  FlameMetric metric_ = FlameMetric::kHost;
  std::uint32_t root_ = 0;
  int scroll_ = 0;
  std::uint32_t hovered_ = kNoNode;
  std::vector<Box> boxes_;
};

} // namespace hotloop::gui
