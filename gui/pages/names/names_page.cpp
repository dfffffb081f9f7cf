#include "gui/pages/names/names_page.h"

#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>

#include "core/report/number_format.h"
#include "gui/data/trace/area_stats.h"
#include "gui/view/text.h"
#include "gui/widgets/histogram_view.h"
#include "gui/widgets/labels.h"
#include "gui/widgets/rich_table.h"
#include "gui/widgets/table_model.h"

namespace hotloop::gui {
namespace {

bool wanted(Category category, bool kernels) {
  switch (category) {
  case Category::kKernel:
  case Category::kGraphKernel:
  case Category::kCopy:
  case Category::kFill: return kernels;
  case Category::kOperator:
  case Category::kBackward:
  case Category::kScope: return !kernels;
  default: return false;
  }
}

// Rows of the table: names of the wanted categories, most time first.
std::vector<NameStats> namesOf(const Trace &trace, bool kernels, const TimeRange &range) {
  std::vector<std::uint32_t> lanes;
  for (std::uint32_t i = 0; i < trace.lanes.size(); ++i) {
    const bool device = trace.tracks[trace.lanes[i].track].table >= EventTable::kKernel;
    const bool op = trace.tracks[trace.lanes[i].track].table == EventTable::kOp;
    if (kernels ? device : op) lanes.push_back(i);
  }
  std::vector<NameStats> rows;
  for (const NameStats &name : areaStats(trace, lanes, range.t0, range.t1).names) {
    if (wanted(trace.names[name.name].category, kernels)) rows.push_back(name);
  }
  return rows;
}

TimeRange rangeOf(const PageContext &context) {
  return context.range.value_or(TimeRange{0, context.document->trace->length + 1});
}

class NamesPage : public Page {
public:
  NamesPage(const PageContext &context, bool kernels)
      : document_(context.document), range_(rangeOf(context)), kernels_(kernels),
        model_(new TableModel(
            {{QStringLiteral("Name"),
              QStringLiteral("short; the whole name is in "
                             "the tooltip"),
              false, 0},
             {QStringLiteral("Kind"), {}, false, 96},
             {QStringLiteral("Count"), {}, true, 84},
             {QStringLiteral("Total"),
              QStringLiteral("whole time, what lies below "
                             "included"),
              true, 96},
             {QStringLiteral("Share"), QStringLiteral("of the time in view"), true, 76},
             {QStringLiteral("Mean"), {}, true, 88},
             {QStringLiteral("Least"), {}, true, 88},
             {QStringLiteral("Greatest"), {}, true, 88}},
            this)) {
    const Trace &trace = *document_->trace;
    rows_ = namesOf(trace, kernels, range_);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    if (rows_.empty()) {
      layout->addWidget(makeEmpty(
          kernels
              ? QStringLiteral("No kernel, copy or fill is on record: this run has no GPU part. "
                               "The page Operators shows what the host did.")
              : QStringLiteral("No operator is on record in this range.")));
      return;
    }
    histogram_ = new HistogramView;
    histogram_->selected = [this, navigator = context.navigator](std::int64_t from,
                                                                 std::int64_t to) {
      selectDurations(from, to, navigator);
    };
    auto *table = makeTable(
        model_, kernels ? QStringLiteral("kernels") : QStringLiteral("operators"),
        [this](int row) { showHistogram(row); },
        [this, navigator = context.navigator](int row) {
          if (row < 0 || navigator == nullptr || !navigator->showSlice) return;
          if (const std::uint32_t slice = firstOf(row); slice != kNoSlice)
            navigator->showSlice(slice);
        });
    table_ = table;
    fill();
    auto *splitter = new QSplitter(Qt::Vertical);
    splitter->addWidget(table);
    splitter->addWidget(histogram_);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setChildrenCollapsible(false);
    layout->addWidget(splitter);
    setFocusProxy(table);
    selectRow(0);
    if (!context.select.empty()) select(context.select);
  }

  bool act(std::string_view action) override {
    if (action == "next-metric" && histogram_ != nullptr) {
      histogram_->toggleScale();
      return true;
    }
    if (action.starts_with("select:")) return select(action.substr(7));
    if (action == "activate" && table_ != nullptr && table_->currentIndex().isValid()) {
      emit table_->doubleClicked(table_->currentIndex());
      return true;
    }
    return false;
  }
  QString text() const override { return model_->text(); }
  QString csv() const override { return tabsToCsv(model_->text()); }

private:
  void fill() {
    const Trace &trace = *document_->trace;
    const auto span = static_cast<double>(std::max<std::int64_t>(
        1, std::min(range_.t1, trace.length) - std::max<std::int64_t>(0, range_.t0)));
    std::vector<std::vector<TableCell>> cells;
    for (const NameStats &row : rows_) {
      const SliceName &name = trace.names[row.name];
      const auto total = static_cast<double>(row.total);
      cells.push_back(
          {textCell(shown(name.label), shown(name.text)),
           textCell(QString::fromUtf8(categoryName(name.category))),
           countCell(static_cast<double>(row.count)), timeCell(total), shareCell(total / span),
           timeCell(row.count > 0 ? total / static_cast<double>(row.count) : total),
           timeCell(static_cast<double>(row.least)), timeCell(static_cast<double>(row.greatest))});
    }
    model_->setRows(std::move(cells));
  }

  void selectRow(int row) { table_->selectRow(row); }

  bool select(std::string_view text) {
    const Trace &trace = *document_->trace;
    for (int pass = 0; pass < 2; ++pass) { // the name itself, then one that holds it
      for (int row = 0; row < model_->rowCount(); ++row) {
        const std::string &name =
            trace.names[rows_[static_cast<std::size_t>(model_->source(row))].name].text;
        if (pass == 0 ? name == text : name.find(text) != std::string::npos) {
          selectRow(row);
          return true;
        }
      }
    }
    return false;
  }

  void showHistogram(int row) {
    if (row < 0) return;
    from_ = to_ = 0;
    const Trace &trace = *document_->trace;
    const std::uint32_t name = rows_[static_cast<std::size_t>(row)].name;
    histogram_->setSeries(QStringLiteral("Durations of ") + shown(trace.names[name].label),
                          {{QString(), durationHistogram(trace, name, range_.t0, range_.t1),
                            rgb(theme::categoryColor(trace.names[name].category))}});
  }

  // Dragged over durations: how many they are; Enter goes to the first of them.
  void selectDurations(std::int64_t from, std::int64_t to, const Navigator *navigator) {
    from_ = from;
    to_ = to;
    if (to <= from || !table_->currentIndex().isValid() || navigator == nullptr || !navigator->say)
      return;
    const Trace &trace = *document_->trace;
    const int row = model_->source(table_->currentIndex().row());
    const std::uint32_t name = rows_[static_cast<std::size_t>(row)].name;
    std::uint64_t count = 0;
    std::int64_t total = 0;
    for (std::uint32_t slice = 0; slice < trace.size(); ++slice) {
      if (trace.name[slice] != name || !inSelection(slice)) continue;
      ++count;
      total += trace.duration(slice);
    }
    const auto text = [](std::int64_t ns) { return shown(formatDuration(Nanoseconds(ns))); };
    navigator->say(QStringLiteral("%1 of them take %2 to %3, %4 in all; Enter goes to the first")
                       .arg(static_cast<qulonglong>(count))
                       .arg(text(from), text(to), text(total)));
  }

  bool inSelection(std::uint32_t slice) const {
    const Trace &trace = *document_->trace;
    if (trace.start[slice] < range_.t0 || trace.start[slice] >= range_.t1) return false;
    return to_ <= from_ || (trace.duration(slice) >= from_ && trace.duration(slice) < to_);
  }

  // By time, over all lanes; of the durations that are selected in the histogram.
  std::uint32_t firstOf(int row) const {
    const Trace &trace = *document_->trace;
    const std::uint32_t name = rows_[static_cast<std::size_t>(row)].name;
    std::uint32_t first = kNoSlice;
    for (std::uint32_t slice = 0; slice < trace.size(); ++slice) {
      if (trace.name[slice] != name || !inSelection(slice)) continue;
      if (first == kNoSlice || trace.start[slice] < trace.start[first]) first = slice;
    }
    return first;
  }

  RunDocumentPtr document_;
  TimeRange range_;
  bool kernels_;
  std::vector<NameStats> rows_;
  std::int64_t from_ = 0, to_ = 0; // durations that are selected; none where equal
  TableModel *model_;
  QTableView *table_ = nullptr;
  HistogramView *histogram_ = nullptr;
};

class HistogramPage : public Page {
public:
  explicit HistogramPage(const PageContext &context) : view_(new HistogramView) {
    const Trace &trace = *context.document->trace;
    const TimeRange range = rangeOf(context);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    std::vector<NameStats> rows = namesOf(trace, true, range);
    for (const NameStats &row : namesOf(trace, false, range)) rows.push_back(row);
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const NameStats &row) {
      return trace.names[row.name].text.find(context.select) != std::string::npos;
    });
    if (found == rows.end()) {
      layout->addWidget(makeEmpty(
          rows.empty()
              ? QStringLiteral("No operator or kernel is on record.")
              : shown("No operator or kernel is called '" + context.select + "' in this range.")));
      return;
    }
    view_->setSeries(QStringLiteral("Durations of ") + shown(trace.names[found->name].label),
                     {{QString(), durationHistogram(trace, found->name, range.t0, range.t1),
                       rgb(theme::categoryColor(trace.names[found->name].category))}});
    layout->addWidget(view_);
  }
  bool act(std::string_view action) override {
    if (action != "next-metric") return false;
    view_->toggleScale();
    return true;
  }
  QString text() const override { return view_->text(); }
  QString csv() const override { return tabsToCsv(view_->text()); }

private:
  HistogramView *view_;
};

} // namespace

QWidget *makeKernelsPage(const PageContext &context) { return new NamesPage(context, true); }
QWidget *makeOperatorsPage(const PageContext &context) { return new NamesPage(context, false); }
QWidget *makeHistogramPage(const PageContext &context) { return new HistogramPage(context); }

} // namespace hotloop::gui
