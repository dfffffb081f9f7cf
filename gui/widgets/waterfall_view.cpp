#include "gui/widgets/waterfall_view.h"

#include <algorithm>
#include <cmath>

#include "core/report/number_format.h"
#include "gui/view/slice_style.h"
#include "gui/view/text.h"

namespace hotloop::gui {
namespace {

constexpr float kTop = 30;
constexpr float kMostRow = 34;

QString time(double ns) {
  return shown(formatDuration(Nanoseconds(static_cast<std::int64_t>(std::llround(ns)))));
}

QString signedTime(double ns) {
  return (ns < 0 ? QStringLiteral("− ") : QStringLiteral("+ ")) + time(std::abs(ns));
}

} // namespace

WaterfallView::WaterfallView(QWidget *parent) : Canvas(parent) {
  setObjectName(QStringLiteral("waterfall"));
  setAccessibleName(QStringLiteral("waterfall"));
  setMinimumSize(300, 260);
  setFocusPolicy(Qt::NoFocus);
}

void WaterfallView::setSteps(QString title, QString fromLabel, double from,
                             std::vector<WaterfallStep> steps, QString toLabel, double to) {
  title_ = std::move(title);
  fromLabel_ = std::move(fromLabel);
  toLabel_ = std::move(toLabel);
  from_ = from;
  to_ = to;
  steps_ = std::move(steps);
  setAccessibleDescription(text());
  markDirty();
}

QString WaterfallView::text() const {
  QString out = fromLabel_ + QLatin1Char('\t') + time(from_) + QLatin1Char('\n');
  for (const WaterfallStep &step : steps_)
    out += step.label + QLatin1Char('\t') + signedTime(step.change) + QLatin1Char('\n');
  return out + toLabel_ + QLatin1Char('\t') + time(to_) + QLatin1Char('\n');
}

void WaterfallView::draw(DrawList &list) {
  const auto w = static_cast<float>(width());
  const auto h = static_cast<float>(height());
  const Rgb words = rgb(theme::textColor());
  list.back.rects.push_back({0, 0, w, h, rgb(theme::palette().color(QPalette::Base))});
  list.main.texts.push_back(textIn(10, 4, w - 20, 20, title_, words, Align::kLeft, true));
  double least = std::min({0.0, from_, to_});
  double most = std::max({1.0, from_, to_});
  double at = from_;
  for (const WaterfallStep &step : steps_) {
    at += step.change;
    least = std::min(least, at);
    most = std::max(most, at);
  }
  const float labels = std::min(320.0f, w * 0.44f);
  const float figures = 96;
  const float room = std::max(40.0f, w - labels - figures - 24);
  const auto x = [&](double value) {
    return labels + 8 + static_cast<float>((value - least) / (most - least)) * room;
  };
  const float row = std::min(kMostRow, (h - kTop - 6) / static_cast<float>(steps_.size() + 2));
  float y = kTop;
  const auto bar = [&](const QString &label, double a, double b, Rgb color, Pattern pattern,
                       const QString &figure, bool bold) {
    list.main.texts.push_back(textIn(8, y, labels - 8, row, label, words, Align::kLeft, bold));
    const float left = std::min(x(a), x(b));
    list.main.rects.push_back(
        {left, y + 3, std::max(2.0f, std::abs(x(b) - x(a))), row - 6, color, pattern});
    list.main.texts.push_back(
        textIn(w - figures - 8, y, figures, row, figure, words, Align::kRight, bold));
    y += row;
  };
  bar(fromLabel_, least < 0 ? 0 : least, from_, rgb(theme::categoryColor(Category::kStep)),
      Pattern::kNone, time(from_), true);
  at = from_;
  for (const WaterfallStep &step : steps_) {
    const bool saves = step.change < 0;
    bar(step.label, at, at + step.change,
        rgb(saves ? theme::categoryColor(Category::kRange) : theme::categoryColor(Category::kWait)),
        saves ? Pattern::kNone : Pattern::kDiagonal, signedTime(step.change), false);
    at += step.change;
    list.back.lines.push_back({x(at), y - 3, x(at), y + 3, rgb(theme::dimText()), 1, false});
    if (step.low != step.high) { // interval around the end of the bar
      const float middle = y - row / 2;
      const float x0 = x(at - step.change + step.low);
      const float x1 = x(at - step.change + step.high);
      list.top.lines.push_back({x0, middle, x1, middle, words, 2, false});
      for (const float end : {x0, x1})
        list.top.lines.push_back({end, middle - 4, end, middle + 4, words, 2, false});
    }
  }
  bar(toLabel_, least < 0 ? 0 : least, to_, rgb(theme::categoryColor(Category::kKernel)),
      Pattern::kNone, time(to_), true);
}

} // namespace hotloop::gui
