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
#include "gui/widgets/latest_job.h"
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
      : document_(context.document), navigator_(context.navigator), range_(rangeOf(context)),
        kernels_(kernels), wanted_(context.select),
        model_(new TableModel(
            {{QStringLiteral("Name"),
              QStringLiteral("short; the whole name is in "
                             "the tooltip"),
              false, 0},
             {QStringLiteral("Kind"), {}, false, 96},
             {QStringLiteral("Count"), {}, true, 84},
             {QStringLiteral("Total"),
              QStringLiteral("whole time, what lies below it "
                             "included"),
              true, 96},
             {QStringLiteral("Share"), QStringLiteral("of the time in view"), true, 76},
             {QStringLiteral("Mean"), {}, true, 88},
             {QStringLiteral("Least"), {}, true, 88},
             {QStringLiteral("Greatest"), {}, true, 88}},
            this)),
        rowsJob_(new LatestJob(this, navigator_ == nullptr)),
        durationsJob_(new LatestJob(this, navigator_ == nullptr)),
        selectionJob_(new LatestJob(this, navigator_ == nullptr)), layout_(new QVBoxLayout(this)) {
    layout_->setContentsMargins(8, 8, 8, 8);
    waiting_ = makeEmpty(QStringLiteral("adding up what is on record ..."));
    layout_->addWidget(waiting_);
    durationsJob_->slow = [this] { histogram_->setSeries(title_ + QStringLiteral(" ..."), {}); };
    selectionJob_->slow = [this] { say(QStringLiteral("counting ...")); };
    rowsJob_->start([trace = document_->trace, kernels,
                     range = range_](std::stop_token) { return namesOf(*trace, kernels, range); },
                    [this](std::vector<NameStats> rows) { arrived(std::move(rows)); });
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
  void arrived(std::vector<NameStats> rows) {
    rows_ = std::move(rows);
    delete waiting_;
    waiting_ = nullptr;
    if (rows_.empty()) {
      layout_->addWidget(makeEmpty(
          kernels_
              ? QStringLiteral("No kernel, copy or fill is on record: this run has no GPU part. "
                               "The page Operators shows what the host did.")
              : QStringLiteral("No operator is on record in this range.")));
      return;
    }
    const bool hadFocus = hasFocus();
    histogram_ = new HistogramView;
    histogram_->selected = [this](std::int64_t from, std::int64_t to) {
      selectDurations({from, to});
    };
    table_ = makeTable(
        model_, kernels_ ? QStringLiteral("kernels") : QStringLiteral("operators"),
        [this](int row) { showHistogram(row); }, [this](int row) { goToFirst(row); });
    fill();
    auto *splitter = new QSplitter(Qt::Vertical);
    splitter->addWidget(table_);
    splitter->addWidget(histogram_);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setChildrenCollapsible(false);
    layout_->addWidget(splitter);
    setFocusProxy(table_);
    if (hadFocus) table_->setFocus();
    // Only one histogram is worth the time.
    if (wanted_.empty() || !selectNamed(wanted_)) table_->selectRow(0);
  }

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

  // Before the table is there, the name is kept for it.
  bool select(std::string_view text) {
    if (table_ != nullptr) return selectNamed(text);
    const auto &names = document_->trace->names;
    if (waiting_ == nullptr || std::none_of(names.begin(), names.end(), [&](const auto &name) {
          return wanted(name.category, kernels_) && name.text.find(text) != std::string::npos;
        })) {
      return false;
    }
    wanted_ = text;
    return true;
  }

  bool selectNamed(std::string_view text) {
    const Trace &trace = *document_->trace;
    for (int pass = 0; pass < 2; ++pass) { // the name itself, then one that holds it
      for (int row = 0; row < model_->rowCount(); ++row) {
        const std::string &name =
            trace.names[rows_[static_cast<std::size_t>(model_->source(row))].name].text;
        if (pass == 0 ? name == text : name.find(text) != std::string::npos) {
          table_->selectRow(row);
          return true;
        }
      }
    }
    return false;
  }

  // What is counted of the row before, or of another selection, nobody waits for any more.
  void showHistogram(int row) {
    selectionJob_->drop();
    dragged_ = {};
    if (row < 0) return durationsJob_->drop();
    const std::uint32_t name = rows_[static_cast<std::size_t>(row)].name;
    const SliceName &shownName = document_->trace->names[name];
    title_ = QStringLiteral("Durations of ") + shown(shownName.label);
    durationsJob_->start(
        [trace = document_->trace, name, range = range_](std::stop_token) {
          return durationHistogram(*trace, name, range.t0, range.t1);
        },
        [this, color = rgb(theme::categoryColor(shownName.category))](
            const DurationHistogram &histogram) {
          histogram_->setSeries(title_, {{QString(), histogram, color}});
        });
  }

  template <class Done> void selectSlices(int row, Done done) {
    selectionJob_->start(
        [trace = document_->trace, name = rows_[static_cast<std::size_t>(row)].name, range = range_,
         dragged = dragged_](std::stop_token) {
          return selectName(*trace, name, range.t0, range.t1, dragged);
        },
        std::move(done));
  }

  // Dragged over durations: how many they are; Enter goes to the first of them.
  void selectDurations(DurationRange dragged) {
    dragged_ = dragged;
    selectionJob_->drop();
    if (dragged.to <= dragged.from || !table_->currentIndex().isValid()) return;
    selectSlices(
        model_->source(table_->currentIndex().row()), [this, dragged](const NameSelection &found) {
          const auto text = [](std::int64_t ns) { return shown(formatDuration(Nanoseconds(ns))); };
          say(QStringLiteral("%1 of them take %2 to %3, %4 in all; Enter goes to the first")
                  .arg(static_cast<qulonglong>(found.count))
                  .arg(text(dragged.from), text(dragged.to), text(found.total)));
        });
  }

  void goToFirst(int row) {
    if (row < 0 || navigator_ == nullptr || !navigator_->showSlice) return;
    selectSlices(row, [this](const NameSelection &found) {
      if (found.first != kNoSlice) navigator_->showSlice(found.first);
    });
  }

  void say(const QString &sentence) {
    if (navigator_ != nullptr && navigator_->say) navigator_->say(sentence);
  }

  RunDocumentPtr document_;
  const Navigator *navigator_;
  TimeRange range_;
  bool kernels_;
  std::string wanted_; // to be selected once the table is there
  std::vector<NameStats> rows_;
  DurationRange dragged_; // durations that are selected
  TableModel *model_;
  LatestJob *rowsJob_, *durationsJob_, *selectionJob_;
  QVBoxLayout *layout_;
  QWidget *waiting_ = nullptr;  // until the table is there
  QTableView *table_ = nullptr; // null while waiting, and where there are no rows
  HistogramView *histogram_ = nullptr;
  QString title_; // of the histogram
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
