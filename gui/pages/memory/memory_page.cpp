#include "gui/pages/memory/memory_page.h"

#include <QLabel>
#include <QMouseEvent>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "core/report/number_format.h"
#include "gui/pages/timeline/timeline_scene.h"
#include "gui/view/column_line.h"
#include "gui/view/raster.h"
#include "gui/view/text.h"
#include "gui/widgets/canvas.h"
#include "gui/widgets/labels.h"
#include "gui/widgets/rich_table.h"
#include "gui/widgets/table_model.h"

namespace hotloop::gui {
namespace {

constexpr float kLeft = 92, kRight = 16, kTop = 26, kBottom = 26;

QString bytes(double value) { return shown(formatBytes(value)); }

// Lines of all series over one axis of time.
class MemoryView : public Canvas {
public:
  MemoryView(RunDocumentPtr document, const PageContext &context)
      : document_(std::move(document)), navigator_(context.navigator) {
    setMinimumHeight(200);
    setObjectName(QStringLiteral("memory"));
    setAccessibleName(QStringLiteral("memory over time"));
    axis_.setLength(document_->trace->length);
    axis_.fit();
    if (context.range) axis_.show(context.range->t0, context.range->t1);
  }

  bool act(std::string_view action) {
    const double middle = axis_.width() / 2.0;
    if (action == "zoom-in" || action == "zoom-out")
      axis_.zoom(action == "zoom-in" ? 1.35 : 1 / 1.35, middle);
    else if (action == "pan-left" || action == "pan-right")
      axis_.pan((action == "pan-right" ? 0.15 : -0.15) * axis_.width());
    else if (action == "fit" || action == "frame")
      axis_.fit();
    else
      return false;
    markDirty();
    return true;
  }

protected:
  void draw(DrawList &list) override {
    const Trace &trace = *document_->trace;
    const auto w = static_cast<float>(width());
    const auto h = static_cast<float>(height());
    const Rgb dim = rgb(theme::dimText());
    list.back.rects.push_back({0, 0, w, h, rgb(theme::palette().color(QPalette::Base))});
    std::int64_t most = 1;
    for (const CounterSeries &series : trace.counters) most = std::max(most, series.greatest());
    const float bottom = h - kBottom;
    const auto at = [&](std::int64_t value) {
      return bottom - static_cast<double>(value) / static_cast<double>(most) * (bottom - kTop - 8);
    };
    for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
      const auto y =
          static_cast<float>(at(static_cast<std::int64_t>(share * static_cast<double>(most))));
      list.back.lines.push_back({kLeft, y, w - kRight, y, rgb(theme::gridLine()), 1, false});
      list.main.texts.push_back(textIn(
          0, y - 9, kLeft - 8, 18, bytes(share * static_cast<double>(most)), dim, Align::kRight));
    }
    const int columns = std::max(1, static_cast<int>(w - kLeft - kRight));
    std::vector<CounterSeries::Column> values;
    float legend = kLeft;
    constexpr Category kColors[] = {Category::kKernel,   Category::kLaunch, Category::kRange,
                                    Category::kBackward, Category::kWait,   Category::kCopy};
    for (std::size_t s = 0; s < trace.counters.size(); ++s) {
      const CounterSeries &series = trace.counters[s];
      const QColor color = theme::categoryColor(kColors[s % std::size(kColors)]);
      series.columns(axis_.t0(), axis_.nsPerPixel(), columns, values);
      ColumnPlace place;
      place.x = kLeft;
      place.bottom = bottom;
      place.height = bottom - kTop - 8;
      place.greatest = static_cast<double>(most);
      place.line = rgb(color);
      place.area = withAlpha(color, 40);
      if (drawColumns(values, place, list.main) == values.size()) continue;
      list.main.rects.push_back({legend, 9, 10, 10, rgb(color)});
      list.main.texts.push_back(textIn(legend + 15, 4, 190, 20, shown(series.label()), dim));
      legend += 210;
    }
    const MemoryModel &memory = document_->models.memory;
    const std::int64_t peak = memory.peakTime - trace.origin;
    if (memory.peakBytes > 0 && peak >= axis_.t0() && peak <= axis_.t1()) {
      const auto x = static_cast<float>(kLeft + axis_.x(peak));
      list.top.lines.push_back({x, kTop, x, bottom, rgb(theme::bad()), 1.5f, false});
      const QString text = QStringLiteral("peak of ") + shown(memory.allocator);
      const bool right = x > w - 200;
      // On ground of its own: the line of a busy run runs through here.
      const auto tw = static_cast<float>(textWidth(text, theme::TextSize::kSmall, false));
      list.top.rects.push_back({right ? x - 8 - tw : x + 2, kTop, tw + 6, 16,
                                withAlpha(theme::palette().color(QPalette::Base), 225)});
      list.top.texts.push_back(textIn(right ? x - 184 : x + 4, kTop, 180, 16, text,
                                      rgb(theme::bad()), right ? Align::kRight : Align::kLeft));
    }
    const std::int64_t step = rulerStep(axis_.nsPerPixel(), 120);
    for (std::int64_t t = std::max<std::int64_t>(0, axis_.t0() / step * step); t <= axis_.t1();
         t += step) {
      const auto x = static_cast<float>(kLeft + axis_.x(t));
      if (x < kLeft) continue;
      list.main.texts.push_back(
          textIn(x - 50, bottom + 4, 100, 18, shown(rulerText(t, step)), dim, Align::kCenter));
    }
  }

  void resizeEvent(QResizeEvent *event) override {
    const std::int64_t t0 = axis_.t0();
    const std::int64_t t1 = axis_.t1();
    axis_.setWidth(std::max(1, static_cast<int>(static_cast<float>(width()) - kLeft - kRight)));
    axis_.show(t0, t1);
    Canvas::resizeEvent(event);
  }
  void wheelEvent(QWheelEvent *event) override {
    axis_.zoom(std::pow(1.25, event->angleDelta().y() / 120.0),
               event->position().x() - static_cast<double>(kLeft));
    markDirty();
  }
  void mouseDoubleClickEvent(QMouseEvent *event) override {
    if (navigator_ == nullptr || !navigator_->showTime) return;
    const std::int64_t t = axis_.time(event->position().x() - static_cast<double>(kLeft));
    const auto half = static_cast<std::int64_t>(axis_.nsPerPixel() * 40);
    navigator_->showTime(t - half, t + half);
  }

private:
  RunDocumentPtr document_;
  const Navigator *navigator_;
  TimeAxis axis_;
};

class MemoryPage : public Page {
public:
  explicit MemoryPage(const PageContext &context)
      : document_(context.document),
        model_(new TableModel(
            {{QStringLiteral("Site"), {}, false, 0},
             {QStringLiteral("At the peak"), QStringLiteral("bytes alive when most were"), true,
              110},
             {QStringLiteral("Share"), {}, true, 76},
             {QStringLiteral("Blocks"), QStringLiteral("alive at the peak"), true, 84},
             {QStringLiteral("Allocated"), QStringLiteral("bytes over the whole run"), true, 110},
             {QStringLiteral("Allocations"), QStringLiteral("over the whole run"), true, 96}},
            this)) {
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    if (document_->trace->counters.empty()) {
      layout->addWidget(makeEmpty(QStringLiteral("No allocation is on record in this run.")));
      return;
    }
    const MemoryModel &memory = document_->models.memory;
    std::vector<std::vector<TableCell>> cells;
    for (const MemorySite &site : memory.sites) {
      cells.push_back({textCell(shown(briefSite(site.place)), shown(site.site)),
                       bytesCell(static_cast<double>(site.atPeak)),
                       shareCell(static_cast<double>(site.atPeak) /
                                 static_cast<double>(std::max<std::int64_t>(1, memory.peakBytes))),
                       countCell(static_cast<double>(site.blocksAtPeak)),
                       bytesCell(static_cast<double>(site.allocated)),
                       countCell(static_cast<double>(site.allocations))});
    }
    view_ = new MemoryView(document_, context);
    auto *lower = new QWidget;
    auto *rows = new QVBoxLayout(lower);
    rows->setContentsMargins(0, 4, 0, 0);
    auto *sentence = makeLabel(peakSentence(), theme::font());
    sentence->setWordWrap(true);
    rows->addWidget(sentence);
    const Navigator *navigator = context.navigator;
    auto *table = makeTable(model_, QStringLiteral("memory sites"), {}, [this, navigator](int row) {
      if (row < 0 || navigator == nullptr || !navigator->showSource) return;
      const Site &place = document_->models.memory.sites[static_cast<std::size_t>(row)].place;
      if (!place.file.empty()) navigator->showSource(place.file, place.line);
    });
    model_->setRows(std::move(cells));
    rows->addWidget(table, 1);
    auto *splitter = new QSplitter(Qt::Vertical);
    splitter->addWidget(view_);
    splitter->addWidget(lower);
    splitter->setChildrenCollapsible(false);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    layout->addWidget(splitter);
    setFocusProxy(table);
  }

  bool act(std::string_view action) override { return view_ != nullptr && view_->act(action); }
  QString text() const override { return peakSentence() + QLatin1Char('\n') + model_->text(); }
  QString csv() const override { return tabsToCsv(model_->text()); }

private:
  QString peakSentence() const {
    const MemoryModel &memory = document_->models.memory;
    if (memory.peakBytes <= 0)
      return QStringLiteral(
          "Blocks cannot be followed: this run holds no allocation with its size.");
    QString text = QStringLiteral("At the peak of %1, %2 are alive that the run saw being taken")
                       .arg(shown(memory.allocator), bytes(static_cast<double>(memory.peakBytes)));
    if (!memory.sites.empty())
      text += QStringLiteral(", %1 of them at %2.")
                  .arg(bytes(static_cast<double>(memory.sites.front().atPeak)),
                       shown(briefSite(memory.sites.front().place)));
    return text;
  }

  RunDocumentPtr document_;
  TableModel *model_;
  MemoryView *view_ = nullptr;
};

} // namespace

QWidget *makeMemoryPage(const PageContext &context) { return new MemoryPage(context); }

} // namespace hotloop::gui
