#include <gtest/gtest.h>

#include "gui/view/raster.h"
#include "gui/widgets/histogram_view.h"

namespace hotloop::gui {
namespace {

constexpr Rgb kColor = 0xff3366aa;

HistogramSeries seriesOf(std::initializer_list<std::pair<std::int64_t, std::uint32_t>> durations) {
  HistogramSeries series;
  series.color = kColor;
  DurationHistogram &d = series.histogram;
  for (const auto &[ns, count] : durations) {
    d.counts[static_cast<std::size_t>(histogramBin(ns))] += count;
    d.count += count;
    d.total += ns * count;
    if (d.least == 0) d.least = ns;
    d.greatest = ns;
  }
  return series;
}

std::vector<DrawText> quantileNames(const DrawList &list) {
  std::vector<DrawText> names;
  for (const DrawLayer *layer : {&list.main, &list.top})
    for (const DrawText &text : layer->texts)
      if (text.text.endsWith(" %")) names.push_back(text);
  return names;
}

// No name lies over a column, over another name or beyond the edge, and each quantile has one.
void check(HistogramView &view, const QStringList &expected) {
  const DrawList &list = view.drawList();
  const auto names = quantileNames(list);
  QStringList shown;
  float before = 0;
  for (const DrawText &name : names) {
    shown << name.text;
    for (const DrawRect &rect : list.main.rects) {
      if (rect.fill != kColor) continue;
      const bool apart = name.y + name.h <= rect.y || name.y >= rect.y + rect.h ||
                         name.x + name.w <= rect.x || name.x >= rect.x + rect.w;
      EXPECT_TRUE(apart) << name.text.toStdString() << " over a column at " << rect.x;
    }
    EXPECT_GE(name.x, before) << name.text.toStdString();
    before = name.x + static_cast<float>(textWidth(name.text, name.size, name.bold));
    EXPECT_LE(before, static_cast<float>(view.width()));
    EXPECT_EQ(elided(name.text, name.w, name.size, name.bold), name.text); // none is cut
  }
  EXPECT_EQ(shown, expected);
}

TEST(Histogram, QuantilesAreNamedAboveTheColumns) {
  HistogramView view;
  view.resize(900, 300);
  HistogramSeries far = seriesOf({{1'000, 60}, {64'000, 35}, {4'000'000, 5}});
  far.histogram.p50 = 1'000;
  far.histogram.p90 = 64'000;
  far.histogram.p99 = 4'000'000;
  view.setSeries("far apart", {far});
  check(view, {"50 %", "90 %", "99 %"});
  far.histogram.p90 = 1'010;
  view.setSeries("two together", {far});
  check(view, {"50, 90 %", "99 %"});
  HistogramSeries one = seriesOf({{1'000, 60}});
  one.histogram.p50 = one.histogram.p90 = one.histogram.p99 = 1'000;
  view.setSeries("all together", {one});
  check(view, {"50, 90, 99 %"});
  view.resize(240, 200);
  view.setSeries("no room", {far});
  check(view, {"50, 90 %", "99 %"});
}

TEST(Histogram, QuantilesAtTheEdgeStayInside) {
  HistogramView view;
  view.resize(400, 240);
  HistogramSeries series = seriesOf({{1'000, 1}, {1'000'000'000, 1'000}});
  series.histogram.p50 = 990'000'000;
  series.histogram.p90 = 1'100'000'000;
  series.histogram.p99 = 1'180'000'000;
  view.setSeries("at the end", {series});
  check(view, {"50, 90, 99 %"});
}

} // namespace
} // namespace hotloop::gui
