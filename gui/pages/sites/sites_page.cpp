#include "gui/pages/sites/sites_page.h"

#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>

#include "core/report/number_format.h"
#include "gui/view/text.h"
#include "gui/widgets/bar_chart.h"
#include "gui/widgets/labels.h"
#include "gui/widgets/rich_table.h"
#include "gui/widgets/table_model.h"

namespace hotloop::gui {
namespace {

constexpr int kChartHeight = 240; // at most: the table is what one reads

class SitesPage : public Page {
public:
  explicit SitesPage(const PageContext &context)
      : document_(context.document), navigator_(context.navigator),
        model_(new TableModel(
            {{QStringLiteral("Site"), {}, false, 0},
             {QStringLiteral("Operators"), QStringLiteral("per steady step"), true, 88},
             {QStringLiteral("Self time"),
              QStringLiteral("CPU time per steady step, children excluded"), true, 96},
             {QStringLiteral("Total time"), QStringLiteral("per steady step"), true, 96},
             {QStringLiteral("Launches"), QStringLiteral("per steady step"), true, 84},
             {QStringLiteral("Host syncs"), QStringLiteral("per steady step"), true, 88},
             {QStringLiteral("Allocations"), QStringLiteral("per steady step"), true, 92},
             {QStringLiteral("Allocated"), QStringLiteral("bytes per steady step"), true, 92}},
            this)) {
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    const std::vector<CostRow> &sites = document_->analysis.sites;
    if (sites.empty()) {
      layout->addWidget(makeEmpty(
          document_->analysis.steps.steady == 0
              ? shown("Sites are counted over steady steps: " + document_->analysis.steps.whyNone)
              : QStringLiteral("No operator of this run knows where it was called.")));
      return;
    }
    std::vector<std::vector<TableCell>> cells;
    for (const CostRow &row : sites) {
      // The whole path is in the tooltip.
      const QString name = row.site.file.empty() ? shown(row.name) : shown(briefSite(row.site));
      cells.push_back({textCell(name, shown(row.name)), countCell(row.perStep),
                       timeCell(static_cast<double>(row.selfTime.count)),
                       timeCell(static_cast<double>(row.totalTime.count)), countCell(row.launches),
                       countCell(row.hostSyncs), countCell(row.allocations),
                       bytesCell(row.allocatedBytes)});
    }
    table_ = makeTable(
        model_, QStringLiteral("sites"), [this](int row) { showSpread(row); },
        [this](int row) { openSource(row); });
    model_->setRows(std::move(cells));
    splitter_ = new QSplitter(Qt::Vertical);
    splitter_->addWidget(table_);
    splitter_->addWidget(new QWidget);
    splitter_->setStretchFactor(0, 3);
    splitter_->setStretchFactor(1, 1);
    splitter_->setChildrenCollapsible(false);
    layout->addWidget(splitter_);
    setFocusProxy(table_);
    table_->selectRow(0);
    for (std::size_t i = 0; i < sites.size() && !context.select.empty(); ++i) {
      if (sites[i].name.find(context.select) != std::string::npos) {
        table_->selectRow(static_cast<int>(i));
        break;
      }
    }
  }

  bool act(std::string_view action) override {
    if (action != "activate" || table_ == nullptr || !table_->currentIndex().isValid())
      return false;
    openSource(model_->source(table_->currentIndex().row()));
    return true;
  }
  QString text() const override { return model_->text(); }
  QString csv() const override { return tabsToCsv(model_->text()); }

private:
  // Self time of the site in each step, first to last.
  void showSpread(int row) {
    if (row < 0) return;
    const CostRow &cost = document_->analysis.sites[static_cast<std::size_t>(row)];
    const Analysis &analysis = document_->analysis;
    ColumnChartData chart;
    chart.title = QStringLiteral("Self time per step of ") +
                  (cost.site.file.empty() ? shown(cost.name) : shown(briefSite(cost.site)));
    chart.values.assign(analysis.stepTable.all.size(), 0);
    for (const Step &step : analysis.stepTable.all) chart.dim.push_back(!step.steady);
    for (const StepSite &entry : analysis.counters.perSite) {
      if (entry.step < chart.values.size() && entry.site < analysis.counterSites.size() &&
          sameSite(analysis.counterSites[entry.site], cost.site)) {
        chart.values[entry.step] += static_cast<double>(entry.counters.selfTime);
      }
    }
    auto *view = new ColumnChart(std::move(chart), [](double ns) {
      return shown(formatDuration(Nanoseconds(static_cast<std::int64_t>(ns))));
    });
    view->setMaximumHeight(kChartHeight);
    delete splitter_->replaceWidget(1, view);
  }

  static bool sameSite(const Site &a, const Site &b) {
    return a.file == b.file && a.line == b.line && a.function == b.function;
  }

  void openSource(int row) {
    if (row < 0 || navigator_ == nullptr || !navigator_->showSource) return;
    const Site &site = document_->analysis.sites[static_cast<std::size_t>(row)].site;
    if (site.file.empty()) {
      if (navigator_->say) navigator_->say(QStringLiteral("this place has no source file"));
      return;
    }
    navigator_->showSource(site.file, site.line);
  }

  RunDocumentPtr document_;
  const Navigator *navigator_;
  TableModel *model_;
  QTableView *table_ = nullptr;
  QSplitter *splitter_ = nullptr;
};

} // namespace

QWidget *makeSitesPage(const PageContext &context) { return new SitesPage(context); }

} // namespace hotloop::gui
