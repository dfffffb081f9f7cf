#include "gui/pages/experts/experts_page.h"

#include <QMouseEvent>
#include <QToolTip>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "core/report/number_format.h"
#include "gui/view/slice_style.h"
#include "gui/view/text.h"
#include "gui/widgets/canvas.h"
#include "gui/widgets/labels.h"
#include "gui/widgets/rich_table.h"

namespace hotloop::gui {
namespace {

constexpr float kLeft = 90, kRight = 16, kHead = 28, kPart = 24;

class ExpertsView : public Canvas {
public:
  explicit ExpertsView(RunDocumentPtr document) : document_(std::move(document)) {
    setMouseTracking(true);
    setObjectName(QStringLiteral("experts"));
    setAccessibleName(QStringLiteral("tokens per expert"));
    for (const ExpertSample &sample : experts().samples) times_.push_back(sample.time);
    times_.erase(std::unique(times_.begin(), times_.end()), times_.end());
  }
  int layer = -1; // all, summed

  // Tokens of an expert at a sample, over the shown layers.
  double tokens(std::size_t time, std::size_t expert) const {
    double sum = 0;
    for (const ExpertSample *sample : at(time)) {
      if (expert < sample->tokens.size()) sum += sample->tokens[expert];
    }
    return sum;
  }
  double imbalance(std::size_t time) const {
    double most = 0;
    double total = 0;
    for (std::size_t e = 0; e < experts().experts; ++e) {
      most = std::max(most, tokens(time, e));
      total += tokens(time, e);
    }
    return total > 0 ? most * static_cast<double>(experts().experts) / total : 0;
  }
  std::size_t samples() const { return times_.size(); }
  std::int64_t time(std::size_t i) const { return times_[i]; }

protected:
  void draw(DrawList &list) override {
    const auto w = static_cast<float>(width());
    const auto h = static_cast<float>(height());
    const Rgb dim = rgb(theme::dimText());
    list.back.rects.push_back({0, 0, w, h, rgb(theme::palette().color(QPalette::Base))});
    const std::string which = layer < 0 ? "all " + std::to_string(experts().layers) + " layers"
                                        : "layer " + std::to_string(layer);
    list.main.texts.push_back(textIn(
        8, 4, w - 16, 20,
        shown("Tokens per expert, " + which + ", " + std::to_string(times_.size()) + " samples; " +
              (theme::mode() == theme::Mode::kDark ? "the brighter the fuller"
                                                   : "the darker the fuller")),
        rgb(theme::textColor()), Align::kLeft, true));
    const float heat = (h - kHead - 3 * kPart) * 0.62f;
    const auto rows = static_cast<float>(experts().experts);
    fillGrid(static_cast<std::size_t>(std::max(1.0f, w - kLeft - kRight)));
    const auto columns = static_cast<float>(std::max<std::size_t>(1, columns_));
    double most = 1;
    double least = 1e300;
    for (const double value : grid_) {
      most = std::max(most, value);
      least = std::min(least, value);
    }
    const float cw = (w - kLeft - kRight) / columns;
    const float ch = heat / rows;
    const Rgb ground = rgb(theme::laneColor());
    const Rgb full = rgb(theme::mode() == theme::Mode::kDark ? QColor(0xff, 0xc1, 0x5e)
                                                             : QColor(0x0b, 0x3d, 0x6b));
    for (std::size_t e = 0; e < experts().experts; ++e) {
      const float y = kHead + ch * static_cast<float>(e);
      if (ch >= 13 || e % 8 == 0) {
        list.main.texts.push_back(textIn(4, y, kLeft - 12, std::max(ch, 13.0f),
                                         QStringLiteral("expert %1").arg(e), dim, Align::kRight));
      }
      for (std::size_t t = 0; t < columns_; ++t) {
        const double value = grid_[t * experts().experts + e];
        const double share = 0.1 + 0.9 * (value - least) / std::max(1e-9, most - least);
        const Rgb fill = mixed(ground, full, static_cast<std::uint32_t>(share * 255));
        const float x = kLeft + cw * static_cast<float>(t);
        list.main.rects.push_back({x, y, std::max(1.0f, cw - (cw > 4 ? 1 : 0)),
                                   std::max(1.0f, ch - (ch > 4 ? 1 : 0)), fill});
        if (cw > 44 && ch > 15) {
          list.main.texts.push_back(textIn(x, y, cw, ch, shown(formatCount(value)),
                                           rgb(theme::textOn(QColor::fromRgb(fill))),
                                           Align::kCenter));
        }
      }
    }
    drawImbalance(list, kHead + heat + kPart, h - kPart, w, cw);
  }

  void drawImbalance(DrawList &list, float top, float bottom, float w, float cw) {
    const Rgb dim = rgb(theme::dimText());
    double most = 1;
    for (std::size_t t = 0; t < columns_; ++t) most = std::max(most, gridImbalance(t));
    most = std::ceil(most * 2) / 2;
    list.main.texts.push_back(
        textIn(8, top - 20, w - 16, 18,
               QStringLiteral("Imbalance: the fullest expert by the mean; 1 is "
                              "even"),
               rgb(theme::textColor()), Align::kLeft, true));
    const auto y = [&](double value) {
      return bottom - static_cast<float>(value / most) * (bottom - top - 6);
    };
    for (const double value : {0.0, 1.0, most}) {
      list.back.lines.push_back(
          {kLeft, y(value), w - kRight, y(value), rgb(theme::gridLine()), 1, false});
      list.main.texts.push_back(
          textIn(0, y(value) - 9, kLeft - 8, 18, shown(formatCount(value)), dim, Align::kRight));
    }
    DrawPath line;
    line.stroke = rgb(theme::bad());
    for (std::size_t t = 0; t < columns_; ++t) {
      const double x = static_cast<double>(kLeft + cw * (static_cast<float>(t) + 0.5f));
      const double at = static_cast<double>(y(gridImbalance(t)));
      line.points.emplace_back(x, at);
      if (cw < 4) continue;
      list.main.rects.push_back(
          {static_cast<float>(x) - 2, static_cast<float>(at) - 2, 4, 4, rgb(theme::bad())});
    }
    list.main.paths.push_back(std::move(line));
    const std::size_t every =
        std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(80 / std::max(0.01f, cw))));
    for (std::size_t t = 0; t < columns_; t += every) {
      const std::int64_t ns = times_[t * times_.size() / columns_] - document_->trace->origin;
      list.main.texts.push_back(textIn(kLeft + cw * static_cast<float>(t), bottom + 3, 90, 18,
                                       shown(formatDuration(Nanoseconds(ns))), dim));
    }
  }

  void mouseMoveEvent(QMouseEvent *event) override {
    const auto w = static_cast<float>(width());
    const auto columns = static_cast<float>(std::max<std::size_t>(1, times_.size()));
    const double column = (event->position().x() - kLeft) / ((w - kLeft - kRight) / columns);
    if (column < 0 || column >= static_cast<double>(columns) || times_.empty()) return;
    const auto t = static_cast<std::size_t>(column);
    QToolTip::showText(event->globalPosition().toPoint(),
                       QStringLiteral("imbalance %1").arg(imbalance(t), 0, 'f', 2), this);
  }

private:
  const Experts &experts() const { return document_->models.experts; }
  std::vector<const ExpertSample *> at(std::size_t time) const {
    std::vector<const ExpertSample *> list;
    const auto &all = experts().samples;
    auto first = std::lower_bound(
        all.begin(), all.end(), times_[time],
        [](const ExpertSample &sample, std::int64_t t) { return sample.time < t; });
    for (; first != all.end() && first->time == times_[time]; ++first) {
      if (layer < 0 || first->layer == static_cast<std::uint32_t>(layer)) list.push_back(&*first);
    }
    return list;
  }

  // Tokens per column and expert: of a sample, or the mean of several where there are more samples
  // than pixels.
  void fillGrid(std::size_t most) {
    const std::size_t count = experts().experts;
    columns_ = std::min(times_.size(), most);
    grid_.assign(columns_ * count, 0);
    std::vector<double> samples(columns_, 0);
    for (std::size_t t = 0; t < times_.size(); ++t) {
      const std::size_t column = t * columns_ / times_.size();
      samples[column] += 1;
      for (const ExpertSample *sample : at(t)) {
        for (std::size_t e = 0; e < std::min(count, sample->tokens.size()); ++e)
          grid_[column * count + e] += sample->tokens[e];
      }
    }
    for (std::size_t i = 0; i < grid_.size(); ++i) grid_[i] /= std::max(1.0, samples[i / count]);
  }
  double gridImbalance(std::size_t column) const {
    const std::size_t count = experts().experts;
    double most = 0;
    double total = 0;
    for (std::size_t e = 0; e < count; ++e) {
      most = std::max(most, grid_[column * count + e]);
      total += grid_[column * count + e];
    }
    return total > 0 ? most * static_cast<double>(count) / total : 0;
  }

  RunDocumentPtr document_;
  std::vector<std::int64_t> times_;
  std::size_t columns_ = 0;
  std::vector<double> grid_;
};

// Numbers that ranges carry, where tokens are not marked per expert.
class PayloadView : public Canvas {
public:
  explicit PayloadView(RunDocumentPtr document) : document_(std::move(document)) {
    setAccessibleName(QStringLiteral("numbers that ranges carry"));
  }

protected:
  void draw(DrawList &list) override {
    const auto w = static_cast<float>(width());
    const auto h = static_cast<float>(height());
    const auto &all = document_->models.experts.payloads;
    list.back.rects.push_back({0, 0, w, h, rgb(theme::palette().color(QPalette::Base))});
    list.main.texts.push_back(
        textIn(8, 4, w - 16, 20,
               QStringLiteral("This run does not mark tokens per expert; its ranges carry these "
                              "numbers"),
               rgb(theme::textColor()), Align::kLeft, true));
    const std::size_t count = std::min<std::size_t>(all.size(), 4);
    const float part = (h - kHead) / static_cast<float>(std::max<std::size_t>(1, count));
    for (std::size_t i = 0; i < count; ++i) {
      const PayloadSeries &series = all[i];
      const float top = kHead + part * static_cast<float>(i) + 22;
      const float bottom = kHead + part * static_cast<float>(i + 1) - 8;
      const auto [least, greatest] =
          std::minmax_element(series.values.begin(), series.values.end());
      list.main.texts.push_back(textIn(kLeft, top - 20, w - kLeft, 18,
                                       shown("payload of '" + series.name + "', " +
                                             std::to_string(series.values.size()) + " values"),
                                       rgb(theme::dimText())));
      const double span = std::max(1e-9, *greatest - *least);
      const double length = std::max<double>(1, static_cast<double>(document_->trace->length));
      const auto y = [&](double value) {
        return bottom - static_cast<float>((value - *least) / span) * (bottom - top);
      };
      const Rgb color = rgb(theme::categoryColor(Category::kKernel));
      // The least and greatest of a few values per pixel, and what leads there from the left: as
      // columns, since a smooth line of thousands of points costs a tenth of a second.
      const std::size_t stride = std::max<std::size_t>(
          1, series.values.size() / static_cast<std::size_t>(std::max(1.0f, w)));
      float before = y(series.values.front());
      float lastX = kLeft;
      for (std::size_t p = 0; p < series.values.size(); p += stride) {
        const auto end = std::min(series.values.size(), p + stride);
        const auto [lo, hi] =
            std::minmax_element(series.values.begin() + static_cast<std::ptrdiff_t>(p),
                                series.values.begin() + static_cast<std::ptrdiff_t>(end));
        const auto x = static_cast<float>(
            kLeft + static_cast<double>(series.times[p] - document_->trace->origin) / length *
                        static_cast<double>(w - kLeft - kRight));
        list.main.rects.push_back({lastX, before, std::max(1.0f, x - lastX), 1, color});
        const float high = std::min(y(*hi), before);
        const float low = std::max(y(*lo), before);
        list.main.rects.push_back({x, high, 1, std::max(1.0f, low - high), color});
        before = y(series.values[end - 1]);
        lastX = x;
      }
      for (const auto &[value, at] : {std::pair{*greatest, top}, {*least, bottom}})
        list.main.texts.push_back(textIn(0, at - 9, kLeft - 8, 18, shown(formatCount(value)),
                                         rgb(theme::dimText()), Align::kRight));
    }
  }

private:
  RunDocumentPtr document_;
};

class ExpertsPage : public Page {
public:
  explicit ExpertsPage(const PageContext &context) : document_(context.document) {
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    const Experts &experts = document_->models.experts;
    if (!experts.samples.empty()) {
      view_ = new ExpertsView(document_);
      layout->addWidget(view_);
      setFocusProxy(view_);
    } else if (!experts.payloads.empty()) {
      layout->addWidget(new PayloadView(document_));
    } else {
      layout->addWidget(makeEmpty(QStringLiteral(
          "This run does not say how many tokens each expert got. hotloop-moe marks them (NVTX "
          "marks "
          "\"tokens per expert\", one per layer and expert, with the count as payload).")));
    }
  }
  bool act(std::string_view action) override {
    if (action != "next-metric" || view_ == nullptr) return false;
    const int layers = static_cast<int>(document_->models.experts.layers);
    view_->layer = view_->layer + 1 >= layers ? -1 : view_->layer + 1;
    view_->markDirty();
    return true;
  }
  QString text() const override {
    if (view_ == nullptr) return {};
    QString out = QStringLiteral("time ns");
    const std::uint32_t count = document_->models.experts.experts;
    for (std::uint32_t e = 0; e < count; ++e) out += QStringLiteral("\texpert %1").arg(e);
    out += QStringLiteral("\timbalance");
    for (std::size_t t = 0; t < view_->samples(); ++t) {
      out += QStringLiteral("\n%1").arg(view_->time(t) - document_->trace->origin);
      for (std::uint32_t e = 0; e < count; ++e)
        out += QLatin1Char('\t') + QString::number(view_->tokens(t, e));
      out += QLatin1Char('\t') + QString::number(view_->imbalance(t), 'f', 3);
    }
    return out + QLatin1Char('\n');
  }
  QString csv() const override { return tabsToCsv(text()); }

private:
  RunDocumentPtr document_;
  ExpertsView *view_ = nullptr;
};

} // namespace

QWidget *makeExpertsPage(const PageContext &context) { return new ExpertsPage(context); }

} // namespace hotloop::gui
