#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gui/view/slice_style.h"
#include "gui/widgets/canvas.h"

namespace hotloop::gui {

// Horizontal bars made of parts, with a legend below each: where something goes.
struct BarPart {
  QString label;
  double value = 0;
  Rgb color = 0;
  Pattern pattern = Pattern::kNone;
};
struct Bar {
  QString label;
  double total = 0; // the full width
  std::vector<BarPart> parts;
};
class BarChart : public Canvas {
public:
  BarChart(std::vector<Bar> bars, std::function<QString(double)> format);
  void setBars(std::vector<Bar> bars);
  QSize sizeHint() const override;

protected:
  void draw(DrawList &list) override;
  void resizeEvent(QResizeEvent *event) override;

private:
  int legendHeight(const Bar &bar, int width) const;
  int heightAt(int width) const;

  std::vector<Bar> bars_;
  std::function<QString(double)> format_;
};

// Columns over a number: step times. Marked ones stand out.
struct ColumnChartData {
  QString title, unit;
  std::vector<double> values;
  std::vector<bool> dim;
};
class ColumnChart : public Canvas {
public:
  ColumnChart(ColumnChartData chart, std::function<QString(double)> format);
  QSize sizeHint() const override { return {400, 120}; }
  std::function<void(int)> chosen; // click on a column

protected:
  void draw(DrawList &list) override;
  void mousePressEvent(QMouseEvent *event) override;

private:
  ColumnChartData data_;
  std::function<QString(double)> format_;
};

} // namespace hotloop::gui
