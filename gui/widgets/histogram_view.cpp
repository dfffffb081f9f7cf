#include "gui/widgets/histogram_view.h"

#include <QMouseEvent>
#include <algorithm>
#include <cmath>

#include "core/report/number_format.h"
#include "gui/view/raster.h"
#include "gui/view/text.h"

namespace hotloop::gui {
namespace {

constexpr float kLeft = 64, kRight = 14, kTop = 62, kBottom = 26;
constexpr float kMarkY = 44, kMarkHeight = 15; // of the names of quantiles, above the columns

QString time(std::int64_t ns) { return shown(formatDuration(Nanoseconds(ns))); }

} // namespace

HistogramView::HistogramView(QWidget *parent) : Canvas(parent) {
  setMinimumHeight(180);
  setObjectName(QStringLiteral("histogram"));
}

void HistogramView::setSeries(QString title, std::vector<HistogramSeries> series) {
  title_ = std::move(title);
  series_ = std::move(series);
  from_ = to_ = -1;
  QString words = title_;
  for (const HistogramSeries &each : series_) {
    words += QStringLiteral("; %1 %2, median %3, 99 %% below %4")
                 .arg(each.label)
                 .arg(static_cast<qulonglong>(each.histogram.count))
                 .arg(time(each.histogram.p50), time(each.histogram.p99));
  }
  setAccessibleName(QStringLiteral("histogram of durations"));
  setAccessibleDescription(words);
  markDirty();
}

void HistogramView::toggleScale() {
  logarithmic_ = !logarithmic_;
  markDirty();
}

void HistogramView::extent(int &first, int &last) const {
  first = kHistogramBins;
  last = -1;
  for (const HistogramSeries &each : series_) {
    for (int i = 0; i < kHistogramBins; ++i) {
      if (each.histogram.counts[static_cast<std::size_t>(i)] == 0) continue;
      first = std::min(first, i);
      last = std::max(last, i);
    }
  }
  if (last < first) {
    first = last = 0;
    return;
  }
  first = std::max(0, first - 2);
  last = std::min(kHistogramBins - 1, last + 2);
}

int HistogramView::binAt(double x) const {
  int first = 0;
  int last = 0;
  extent(first, last);
  const double share = (x - kLeft) / std::max(1.0, width() - kLeft - static_cast<double>(kRight));
  return std::clamp(first + static_cast<int>(share * (last - first + 1)), first, last);
}

void HistogramView::draw(DrawList &list) {
  const auto w = static_cast<float>(width());
  const auto h = static_cast<float>(height());
  const Rgb words = rgb(theme::textColor());
  const Rgb dim = rgb(theme::dimText());
  list.back.rects.push_back({0, 0, w, h, rgb(theme::palette().color(QPalette::Base))});
  list.main.texts.push_back(textIn(10, 4, w - 20, 18, title_, words, Align::kLeft, true));
  std::uint32_t most = 0;
  for (const HistogramSeries &each : series_) {
    for (const std::uint32_t count : each.histogram.counts) most = std::max(most, count);
  }
  if (most == 0) {
    list.main.texts.push_back(textIn(10, h / 2 - 10, w - 20, 20,
                                     QStringLiteral("nothing of this name in the range"), dim,
                                     Align::kCenter));
    return;
  }
  int first = 0;
  int last = 0;
  extent(first, last);
  const float bottom = h - kBottom;
  const float column = (w - kLeft - kRight) / static_cast<float>(last - first + 1);
  const auto heightOf = [&](double count) {
    const double share = logarithmic_ ? std::log1p(count) / std::log1p(static_cast<double>(most))
                                      : count / static_cast<double>(most);
    return static_cast<float>(share) * (bottom - kTop);
  };
  for (const double share : {0.0, 0.5, 1.0}) {
    if (share == 0.5 && most < 2) continue; // would be rounded to one of the others
    const double count =
        logarithmic_ ? std::expm1(share * std::log1p(static_cast<double>(most))) : share * most;
    const float y = bottom - static_cast<float>(share) * (bottom - kTop);
    list.back.lines.push_back({kLeft, y, w - kRight, y, rgb(theme::gridLine()), 1, false});
    list.main.texts.push_back(
        textIn(0, y - 9, kLeft - 8, 18, shown(formatCount(std::round(count))), dim, Align::kRight));
  }
  if (from_ >= 0) {
    const int a = std::min(from_, to_);
    const int b = std::max(from_, to_);
    list.back.rects.push_back({kLeft + column * static_cast<float>(a - first), kTop,
                               column * static_cast<float>(b - a + 1), bottom - kTop,
                               withAlpha(theme::accent(), 40)});
  }
  for (std::size_t s = 0; s < series_.size(); ++s) {
    const HistogramSeries &each = series_[s];
    for (int i = first; i <= last; ++i) {
      const std::uint32_t count = each.histogram.counts[static_cast<std::size_t>(i)];
      if (count == 0) continue;
      const float ch = std::max(2.0f, heightOf(count));
      const float part = column / static_cast<float>(series_.size());
      list.main.rects.push_back(
          {kLeft + column * static_cast<float>(i - first) + part * static_cast<float>(s),
           bottom - ch, std::max(1.0f, part - 1), ch, each.color,
           s % 2 == 0 ? Pattern::kNone : Pattern::kDiagonal});
    }
  }
  // A label per doubling, as far as there is room.
  float free = kLeft;
  for (int i = first; i <= last; ++i) {
    const float x = kLeft + column * static_cast<float>(i - first);
    if (i % 4 != 0 || x < free) continue;
    list.main.texts.push_back(textIn(x, bottom + 3, 80, 18, time(histogramBinStart(i)), dim));
    free = x + 76;
  }
  float legend = 10;
  for (const HistogramSeries &each : series_) {
    const DurationHistogram &d = each.histogram;
    const QString text =
        QStringLiteral("%1%2  ·  total %3  ·  median %4  ·  90 % %5  ·  99 % %6  ·  least "
                       "%7  ·  greatest %8")
            .arg(each.label.isEmpty() ? QString() : each.label + QStringLiteral(": "))
            .arg(d.count == 1 ? QStringLiteral("once")
                              : QStringLiteral("%1 times").arg(static_cast<qulonglong>(d.count)))
            .arg(time(d.total), time(d.p50), time(d.p90), time(d.p99), time(d.least),
                 time(d.greatest));
    const float room = (w - 20) / static_cast<float>(series_.size());
    list.main.rects.push_back({legend, 29, 8, 8, each.color});
    list.main.texts.push_back(textIn(legend + 13, 24, room - 18, 18, text, dim));
    legend += room;
  }
  if (series_.size() == 1) drawQuantiles(first, column, list);
}

// Lines with names above the columns, which would be covered. Quantiles often fall together: those
// whose names would lie over each other share one.
void HistogramView::drawQuantiles(int first, float column, DrawList &list) const {
  const auto w = static_cast<float>(width());
  const float bottom = static_cast<float>(height()) - kBottom;
  const DurationHistogram &d = series_[0].histogram;
  struct Name {
    float line, left, right;
    QString numbers;
  };
  std::vector<Name> names;
  const auto place = [w](Name &name) {
    const auto wide = static_cast<float>(
        std::ceil(textWidth(name.numbers + QStringLiteral(" %"), theme::TextSize::kSmall, false)));
    name.left = std::min(name.line + 3, w - 2 - wide);
    name.right = name.left + wide;
  };
  for (const auto &[value, number] : {std::pair{d.p50, "50"}, {d.p90, "90"}, {d.p99, "99"}}) {
    const int bin = histogramBin(value);
    const double start = static_cast<double>(histogramBinStart(bin));
    const double next = static_cast<double>(histogramBinStart(bin + 1));
    const auto inside = static_cast<float>(
        next > start ? std::clamp((static_cast<double>(value) - start) / (next - start), 0.0, 1.0)
                     : 0.0);
    const float x = kLeft + column * (static_cast<float>(bin - first) + inside);
    list.main.lines.push_back({x, kTop - 2, x, bottom, rgb(theme::bad()), 1, false});
    Name name{x, 0, 0, QString::fromUtf8(number)};
    place(name);
    while (!names.empty() && name.left < names.back().right + 6) {
      names.back().numbers += QStringLiteral(", ") + name.numbers;
      name = names.back();
      names.pop_back();
      place(name);
    }
    names.push_back(std::move(name));
  }
  for (const Name &name : names) {
    // The first of its lines leads up to it, where the name stands beside it.
    if (name.left > name.line)
      list.main.lines.push_back({name.line, kMarkY, name.line, kTop, rgb(theme::bad()), 1, false});
    list.main.texts.push_back(textIn(name.left, kMarkY, name.right - name.left + 2, kMarkHeight,
                                     name.numbers + QStringLiteral(" %"), rgb(theme::bad())));
  }
}

QString HistogramView::text() const {
  QString out = QStringLiteral("from ns\tto ns");
  for (const HistogramSeries &each : series_)
    out += QLatin1Char('\t') + (each.label.isEmpty() ? QStringLiteral("count") : each.label);
  int first = 0;
  int last = 0;
  extent(first, last);
  for (int i = first; i <= last; ++i) {
    out += QStringLiteral("\n%1\t%2").arg(histogramBinStart(i)).arg(histogramBinStart(i + 1));
    for (const HistogramSeries &each : series_)
      out += QStringLiteral("\t%1").arg(each.histogram.counts[static_cast<std::size_t>(i)]);
  }
  return out + QLatin1Char('\n');
}

void HistogramView::mousePressEvent(QMouseEvent *event) {
  from_ = to_ = binAt(event->position().x());
  markDirty();
}

void HistogramView::mouseMoveEvent(QMouseEvent *event) {
  if (from_ < 0) return;
  to_ = binAt(event->position().x());
  markDirty();
}

void HistogramView::mouseReleaseEvent(QMouseEvent *event) {
  if (from_ < 0) return;
  to_ = binAt(event->position().x());
  const bool dropped = from_ == to_;
  const int a = std::min(from_, to_);
  const int b = std::max(from_, to_);
  if (dropped) from_ = to_ = -1;
  markDirty();
  if (!selected) return;
  if (dropped)
    selected(0, 0);
  else
    selected(histogramBinStart(a), histogramBinStart(b + 1));
}

} // namespace hotloop::gui
