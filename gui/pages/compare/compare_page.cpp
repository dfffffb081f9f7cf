#include "gui/pages/compare/compare_page.h"

#include <QHBoxLayout>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>
#include <cmath>

#include "core/report/number_format.h"
#include "gui/data/comparison.h"
#include "gui/data/summary.h"
#include "gui/view/text.h"
#include "gui/view/theme.h"
#include "gui/widgets/flame_view.h"
#include "gui/widgets/labels.h"
#include "gui/widgets/rich_table.h"
#include "gui/widgets/step_strip.h"
#include "gui/widgets/table_model.h"
#include "gui/widgets/waterfall_view.h"

namespace hotloop::gui {
namespace {

constexpr std::size_t kMostOwners = 2000;
constexpr double kMatters = 0.005; // of the step; smaller changes are grey

TableCell changeCell(double change, double step) {
  TableCell cell;
  cell.value = change;
  cell.text = (change < 0 ? QStringLiteral("− ") : QStringLiteral("+ ")) +
              shown(formatDuration(Nanoseconds(std::llround(std::abs(change)))));
  if (change == 0) cell.text = QStringLiteral("0");
  cell.color = std::abs(change) < kMatters * step ? theme::dimText()
               : change < 0                       ? theme::good()
                                                  : theme::bad();
  return cell;
}

class ComparePage : public Page {
public:
  explicit ComparePage(const PageContext &context)
      : runs_(context.all), comparison_(compareRuns(runs_)), owners_(new TableModel({}, this)),
        model_(new TableModel({}, this)) {
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->setSpacing(8);
    if (runs_.size() < 2) {
      layout->addWidget(makeEmpty(QStringLiteral(
          "Open a second run (Ctrl+O) to compare it with this one: the run that is shown is the "
          "baseline.")));
      return;
    }
    layout->addWidget(tiles());
    auto *upper = new QSplitter(Qt::Horizontal);
    waterfall_ = new WaterfallView;
    std::vector<WaterfallStep> steps;
    for (const WaterfallPart &part : comparison_.waterfall)
      steps.push_back({shown(part.label), part.ns, 0, 0});
    waterfall_->setSteps(QStringLiteral("Where the difference of a mean step comes from, by owner"),
                         shown(documentTitle(*runs_.front())), comparison_.times.aMs * 1e6,
                         std::move(steps), shown(documentTitle(*runs_.back())),
                         comparison_.times.bMs * 1e6);
    upper->addWidget(waterfall_);
    upper->addWidget(new StepStrip(runs_));
    upper->setChildrenCollapsible(false);
    upper->setSizes({500, 700});
    auto *lower = new QTabWidget;
    fill();
    auto *table = makeTable(model_, QStringLiteral("changes"), {}, {});
    fillOwners();
    lower->addTab(makeTable(owners_, QStringLiteral("owners"), {}, {}),
                  QStringLiteral("Owners of the time"));
    lower->addTab(table, QStringLiteral("Operators"));
    flame_ = new FlameView;
    flame_->setTree(&runs_.back()->models.callTree, callTreeChanges(*runs_.front(), *runs_.back()));
    lower->addTab(flame_, QStringLiteral("Differential flame graph"));
    if (context.select == "operators") lower->setCurrentIndex(1);
    if (context.select == "flame") lower->setCurrentIndex(2);
    auto *splitter = new QSplitter(Qt::Vertical);
    splitter->addWidget(upper);
    splitter->addWidget(lower);
    splitter->setChildrenCollapsible(false);
    splitter->setSizes({400, 300});
    layout->addWidget(splitter, 1);
    setFocusProxy(table);
  }
  QString text() const override {
    return (waterfall_ == nullptr ? QString() : waterfall_->text()) + owners_->text() +
           model_->text();
  }
  QString csv() const override { return tabsToCsv(owners_->text() + model_->text()); }

private:
  QWidget *tiles() {
    auto *box = new QWidget;
    auto *row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const StepSummary &steps = runs_[i]->analysis.steps;
      QString note = QStringLiteral("baseline");
      if (i > 0 && comparison_.stepNs[0] > 0 && comparison_.stepNs[i] > 0)
        note = shown(formatChange(comparison_.stepNs[0], comparison_.stepNs[i]));
      note += shown("   p10 " + formatDuration(steps.p10) + ", p90 " + formatDuration(steps.p90) +
                    ", " + std::to_string(steps.steady) + " steady steps");
      row->addWidget(makeTile(shown(documentTitle(*runs_[i])),
                              steps.steady > 0 ? shown(formatDuration(steps.duration))
                                               : QStringLiteral("no steady step"),
                              note));
    }
    row->addStretch(1);
    return box;
  }

  // Every nanosecond of a step has one owner, so the rows add up to the difference of the steps.
  void fillOwners() {
    std::vector<TableColumn> columns{
        {QStringLiteral("Owner"), QStringLiteral("who has this time of the step"), false, 0},
        {QStringLiteral("Phase"), {}, false, 190},
        {QStringLiteral("Before"), QStringLiteral("per mean steady step of the first run"), true,
         90},
        {QStringLiteral("After"), QStringLiteral("per mean steady step of the last run"), true, 90},
        {QStringLiteral("Change"), QStringLiteral("grey: below 0.5 % of the step"), true, 96},
        {QStringLiteral("by count"), QStringLiteral("more or fewer events"), true, 90},
        {QStringLiteral("by length"), QStringLiteral("longer or shorter events"), true, 90},
        {QStringLiteral("by exposure"),
         QStringLiteral("the same work, more or less hidden behind other work"), true, 96}};
    std::vector<std::vector<TableCell>> rows;
    const double step = comparison_.times.aMs * 1e6;
    for (const OwnerDelta &owner : comparison_.times.owners) {
      if (rows.size() == kMostOwners) break;
      const QString where = owner.site.file.empty() ? QString() : shown(owner.site.text());
      rows.push_back({textCell(shown(ownerLabel(owner)), where), textCell(shown(owner.phase)),
                      timeCell(owner.aMs * 1e6), timeCell(owner.bMs * 1e6),
                      changeCell(owner.deltaMs() * 1e6, step),
                      changeCell(owner.countMs * 1e6, step), changeCell(owner.unitMs * 1e6, step),
                      changeCell(owner.exposureMs * 1e6, step)});
    }
    owners_->setColumns(std::move(columns), std::move(rows));
  }

  void fill() {
    std::vector<TableColumn> columns{{QStringLiteral("Operator"), {}, false, 0}};
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const QString run = shown(documentTitle(*runs_[i]));
      columns.push_back({QStringLiteral("Calls ") + QString::number(i + 1),
                         QStringLiteral("per steady step of ") + run, true, 76});
      columns.push_back({QStringLiteral("Self time ") + QString::number(i + 1),
                         QStringLiteral("per steady step of ") + run, true, 96});
    }
    columns.push_back({QStringLiteral("Change"),
                       QStringLiteral("of self time, last run less the first; grey: below 0.5 % of "
                                      "the step"),
                       true, 96});
    columns.push_back({QStringLiteral("Relative"), {}, true, 88});
    std::vector<std::vector<TableCell>> rows;
    for (const ComparedName &name : comparison_.names) {
      std::vector<TableCell> cells{textCell(shown(name.name))};
      for (std::size_t i = 0; i < runs_.size(); ++i) {
        cells.push_back(countCell(name.perStep[i]));
        cells.push_back(timeCell(name.selfNs[i]));
      }
      cells.push_back(changeCell(name.change, comparison_.stepNs.front()));
      TableCell relative = textCell(shown(formatChange(name.selfNs.front(), name.selfNs.back())));
      relative.value = name.selfNs.front() > 0 ? name.change / name.selfNs.front() : 1e9;
      relative.color = cells.back().color;
      cells.push_back(relative);
      rows.push_back(std::move(cells));
    }
    model_->setColumns(std::move(columns), std::move(rows));
  }

  std::vector<RunDocumentPtr> runs_;
  Comparison comparison_;
  TableModel *owners_;
  TableModel *model_;
  WaterfallView *waterfall_ = nullptr;
  FlameView *flame_ = nullptr;
};

} // namespace

QWidget *makeComparePage(const PageContext &context) { return new ComparePage(context); }

} // namespace hotloop::gui
