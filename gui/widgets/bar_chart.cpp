#include "gui/widgets/bar_chart.h"

#include <QMouseEvent>
#include <algorithm>
#include <cmath>

#include "gui/view/raster.h"

namespace hotloop::gui {
namespace {

constexpr int kBarLabel = 20;
constexpr int kBarHeight = 22;
constexpr int kLegend = 22;
constexpr int kBarGap = 8;
constexpr int kAxisWidth = 70;
constexpr int kLegendLines = 2; // at most; the widest parts come first
constexpr int kUsualWidth = 400;

float legendWidth(const QString &text) {
  return static_cast<float>(textWidth(text, theme::TextSize::kSmall, false));
}

QString legendText(const Bar &bar, const BarPart &part,
                   const std::function<QString(double)> &format) {
  return QStringLiteral("%1  %2  (%3 %)")
      .arg(part.label, format(part.value),
           QString::number(100 * part.value / std::max(1e-9, bar.total), 'f', 1));
}

} // namespace

BarChart::BarChart(std::vector<Bar> bars, std::function<QString(double)> format)
    : format_(std::move(format)) {
  setFocusPolicy(Qt::NoFocus);
  setBars(std::move(bars));
}

void BarChart::setBars(std::vector<Bar> bars) {
  bars_ = std::move(bars);
  QStringList words;
  for (const Bar &bar : bars_) {
    for (const BarPart &part : bar.parts)
      words << bar.label + QStringLiteral(": ") + part.label + QLatin1Char(' ') +
                   format_(part.value);
  }
  setAccessibleName(words.join(QStringLiteral("; ")));
  setFixedHeight(sizeHint().height());
  markDirty();
}

int BarChart::legendHeight(const Bar &bar, int width) const {
  float legend = 0;
  int lines = 1;
  for (const BarPart &part : bar.parts) {
    const float tw = legendWidth(legendText(bar, part, format_));
    if (legend + tw + 18 > static_cast<float>(width)) {
      if (lines == kLegendLines) continue;
      ++lines;
      legend = 0;
    }
    legend += tw + 30;
  }
  return lines * kLegend;
}

int BarChart::heightAt(int width) const {
  int height = 0;
  for (const Bar &bar : bars_)
    height += kBarLabel + kBarHeight + legendHeight(bar, width) + kBarGap;
  return height;
}

QSize BarChart::sizeHint() const { return {kUsualWidth, heightAt(std::max(kUsualWidth, width()))}; }

void BarChart::resizeEvent(QResizeEvent *event) {
  Canvas::resizeEvent(event);
  if (const int wanted = heightAt(width()); wanted != height()) setFixedHeight(wanted);
}

void BarChart::draw(DrawList &list) {
  float y = 0;
  const auto w = static_cast<float>(width());
  for (const Bar &bar : bars_) {
    list.main.texts.push_back(
        textIn(0, y, w, kBarLabel, bar.label, rgb(theme::textColor()), Align::kLeft, true));
    y += kBarLabel;
    list.back.rects.push_back({0, y, w, kBarHeight, rgb(theme::laneColor())});
    float x = 0;
    float legend = 0;
    int line = 0;
    for (const BarPart &part : bar.parts) {
      const float pw = static_cast<float>(part.value / std::max(1e-9, bar.total)) * w;
      if (part.color != 0)
        list.main.rects.push_back(
            {x, y, std::max(1.0f, pw - 1), kBarHeight, part.color, part.pattern});
      x += pw;
      const QString text = legendText(bar, part, format_);
      const float tw = legendWidth(text);
      if (legend + tw + 18 > w) {
        if (line + 1 >= kLegendLines) continue;
        ++line;
        legend = 0;
      }
      const float ly = y + kBarHeight + static_cast<float>(line * kLegend);
      const Rgb box = part.color != 0 ? part.color : rgb(theme::laneColor());
      list.main.rects.push_back({legend, ly + 7, 9, 9, box, part.pattern});
      list.main.texts.push_back(
          textIn(legend + 14, ly, tw + 2, kLegend, text, rgb(theme::dimText())));
      legend += tw + 30;
    }
    y += static_cast<float>(kBarHeight + legendHeight(bar, width()) + kBarGap);
  }
}

ColumnChart::ColumnChart(ColumnChartData chart, std::function<QString(double)> format)
    : data_(std::move(chart)), format_(std::move(format)) {
  setMinimumHeight(110);
  setAccessibleName(data_.title);
  setFocusPolicy(Qt::NoFocus);
}

void ColumnChart::draw(DrawList &list) {
  const auto w = static_cast<float>(width());
  const auto h = static_cast<float>(height());
  constexpr float kTop = 20;
  list.main.texts.push_back(
      textIn(0, 0, w, 18, data_.title, rgb(theme::textColor()), Align::kLeft, true));
  if (data_.values.empty()) return;
  const double most = *std::max_element(data_.values.begin(), data_.values.end());
  const float bottom = h - 4;
  for (const double share : {0.0, 0.5, 1.0}) {
    const float y = bottom - static_cast<float>(share) * (bottom - kTop - 8);
    list.back.lines.push_back({kAxisWidth, y, w, y, rgb(theme::gridLine()), 1, false});
    list.main.texts.push_back(textIn(0, y - 9, kAxisWidth - 8, 18, format_(most * share),
                                     rgb(theme::dimText()), Align::kRight));
  }
  const float column = (w - kAxisWidth) / static_cast<float>(data_.values.size());
  // More columns than pixels: the greatest of each pixel.
  const std::size_t stride = column >= 1 ? 1 : static_cast<std::size_t>(std::ceil(1 / column));
  for (std::size_t i = 0; i < data_.values.size(); i += stride) {
    double value = 0;
    for (std::size_t j = i; j < std::min(data_.values.size(), i + stride); ++j)
      value = std::max(value, data_.values[j]);
    const float ch = static_cast<float>(value / std::max(1e-9, most)) * (bottom - kTop - 8);
    const bool dim = i < data_.dim.size() && data_.dim[i];
    const Rgb color = dim ? rgb(theme::categoryColor(Category::kStep))
                          : rgb(theme::categoryColor(Category::kKernel));
    const float cw = column * static_cast<float>(stride);
    list.main.rects.push_back({kAxisWidth + column * static_cast<float>(i), bottom - ch,
                               std::max(1.0f, cw - (cw > 3 ? 1 : 0)), ch, color,
                               dim ? Pattern::kDiagonal : Pattern::kNone});
  }
}

void ColumnChart::mousePressEvent(QMouseEvent *event) {
  const double x = event->position().x() - kAxisWidth;
  const int count = static_cast<int>(data_.values.size());
  if (x < 0 || count == 0 || !chosen) return;
  chosen(std::min(count - 1, static_cast<int>(x * count / std::max(1, width() - kAxisWidth))));
}

} // namespace hotloop::gui
