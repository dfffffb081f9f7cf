#pragma once

#include <functional>

#include "gui/data/trace/area_stats.h"
#include "gui/view/slice_style.h"
#include "gui/widgets/canvas.h"

namespace hotloop::gui {

// How long things of one name take: columns of quarter doublings, marks at the quantiles. Several
// histograms are drawn over each other, for comparisons.
struct HistogramSeries {
  QString label;
  DurationHistogram histogram;
  Rgb color = 0;
};
class HistogramView : public Canvas {
public:
  explicit HistogramView(QWidget *parent = nullptr);
  void setSeries(QString title, std::vector<HistogramSeries> series);
  void toggleScale(); // linear or logarithmic counts
  bool logarithmic() const { return logarithmic_; }
  // Dragged over durations [from, to] ns; 0, 0 when the selection is dropped.
  std::function<void(std::int64_t, std::int64_t)> selected;
  QString text() const; // bins and quantiles, cells separated by tabs

protected:
  void draw(DrawList &list) override;
  void mousePressEvent(QMouseEvent *event) override;
  void mouseMoveEvent(QMouseEvent *event) override;
  void mouseReleaseEvent(QMouseEvent *event) override;

private:
  void drawQuantiles(int first, float column, DrawList &list) const;
  int binAt(double x) const;
  void extent(int &first, int &last) const; // bins that are drawn

  QString title_;
  std::vector<HistogramSeries> series_;
  bool logarithmic_ = false;
  int from_ = -1, to_ = -1; // selected bins
};

} // namespace hotloop::gui
