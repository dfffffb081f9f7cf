#include "gui/pages/summary/summary_page.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "core/report/number_format.h"
#include "core/trace/meta_keys.h"
#include "gui/data/step_shares.h"
#include "gui/data/summary.h"
#include "gui/view/text.h"
#include "gui/widgets/bar_chart.h"
#include "gui/widgets/labels.h"
#include "gui/widgets/plan_panel.h"
#include "gui/widgets/rich_table.h"

namespace hotloop::gui {
namespace {

constexpr std::size_t kFindingsShown = 5;
constexpr std::size_t kQualityShown = 6;

QString time(double ns) {
  return shown(formatDuration(Nanoseconds(static_cast<std::int64_t>(ns))));
}

QLabel *heading(const QString &text) {
  return makeLabel(text, theme::font(theme::TextSize::kNormal, true));
}

QWidget *tiles(const RunDocument &document) {
  auto *box = new QWidget;
  auto *row = new QHBoxLayout(box);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(8);
  for (const SummaryTile &figure : summaryTiles(document))
    row->addWidget(makeTile(shown(figure.label), shown(figure.value), shown(figure.note)));
  row->addStretch(1);
  return box;
}

// Self time of the dearest operators, all threads together.
Bar operatorBar(const RunDocument &document) {
  constexpr std::size_t kNamed = 7;
  Bar bar;
  bar.label = QStringLiteral("Operators by self time, all threads");
  double rest = 0;
  for (std::size_t i = 0; i < document.analysis.operators.size(); ++i) {
    const CostRow &row = document.analysis.operators[i];
    const auto ns = static_cast<double>(row.selfTime.count);
    bar.total += ns;
    if (i >= kNamed) {
      rest += ns;
      continue;
    }
    const QColor color = theme::categoryColor(Category::kOperator);
    bar.parts.push_back({shown(row.name), ns, rgb(i % 2 == 0 ? color : color.lighter(118)),
                         i % 2 == 0 ? Pattern::kNone : Pattern::kVertical});
  }
  if (rest > 0)
    bar.parts.push_back({QStringLiteral("others"), rest, rgb(theme::categoryColor(Category::kCall)),
                         Pattern::kNone});
  return bar;
}

// Where a step goes: the thread that marks it, the devices.
QWidget *shares(const RunDocument &document) {
  std::vector<Bar> bars;
  for (const StepBar &step : stepBars(document)) {
    Bar bar;
    bar.label = shown(step.label);
    bar.total = static_cast<double>(step.step);
    for (const StepShare &share : step.shares) {
      bar.parts.push_back({shown(share.label), static_cast<double>(share.ns),
                           share.idle ? 0 : rgb(theme::categoryColor(share.category)),
                           share.idle ? Pattern::kNone : categoryPattern(share.category)});
    }
    bars.push_back(std::move(bar));
  }
  if (!document.analysis.operators.empty()) bars.push_back(operatorBar(document));
  return bars.empty() ? nullptr : new BarChart(std::move(bars), time);
}

QWidget *idle(const RunDocument &document) {
  std::vector<Bar> bars;
  for (const IdleBar &device : document.models.idle) {
    Bar bar;
    bar.label = shown(device.label);
    bar.total = static_cast<double>(device.total);
    std::size_t shade = 0;
    for (const auto &[cause, ns] : device.causes) {
      constexpr Category kColors[] = {Category::kWait,  Category::kLaunch,   Category::kCopy,
                                      Category::kRange, Category::kBackward, Category::kCall,
                                      Category::kFill,  Category::kScope,    Category::kStep};
      const Category color = kColors[shade++ % std::size(kColors)];
      bar.parts.push_back({shown(cause), static_cast<double>(ns), rgb(theme::categoryColor(color)),
                           categoryPattern(color)});
    }
    bars.push_back(std::move(bar));
  }
  return bars.empty() ? nullptr : new BarChart(std::move(bars), time);
}

QWidget *stepTimes(const PageContext &context) {
  const Trace &trace = *context.document->trace;
  if (trace.steps.size() < 2) return nullptr;
  ColumnChartData data;
  data.title = QStringLiteral("Step times, first to last; hatched: warm-up");
  for (const TraceStep &step : trace.steps) {
    data.values.push_back(static_cast<double>(step.end - step.start));
    data.dim.push_back(!step.steady);
  }
  auto *chart = new ColumnChart(std::move(data), time);
  if (context.navigator != nullptr && context.navigator->showTime) {
    const auto show = context.navigator->showTime;
    const TracePtr kept = context.document->trace;
    chart->chosen = [kept, show](int i) {
      const TraceStep &step = kept->steps[static_cast<std::size_t>(i)];
      show(step.start, step.end);
    };
  }
  return chart;
}

QString findingLine(const Finding &finding) {
  QString line = shown(finding.rule) + QStringLiteral("  ") + shown(finding.title);
  if (finding.gain.estimate) {
    line += QStringLiteral("  ·  gain %1 ms per step (%2 to %3)")
                .arg(QString::number(finding.gain.estimate->ms, 'g', 3),
                     QString::number(finding.gain.estimate->lowMs, 'g', 3),
                     QString::number(finding.gain.estimate->highMs, 'g', 3));
  } else if (finding.hostTime.count > 0) {
    line += QStringLiteral("  ·  %1 of host time per step")
                .arg(shown(formatDuration(finding.hostTime)));
  }
  return line;
}

// The last two parts of a path tell most; the whole one is in the tooltip.
QString shortSite(const Site &site) {
  if (site.file.empty()) return shown(site.text());
  const std::size_t slash = site.file.rfind('/');
  const std::size_t second = slash == std::string::npos || slash == 0
                                 ? std::string::npos
                                 : site.file.rfind('/', slash - 1);
  const std::string tail = second == std::string::npos ? site.file : site.file.substr(second + 1);
  return shown(site.line == 0 ? tail : tail + ":" + std::to_string(site.line));
}

QWidget *findings(const PageContext &context) {
  const Analysis &analysis = context.document->analysis;
  auto *box = new QWidget;
  auto *rows = new QVBoxLayout(box);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(4);
  if (const std::string sentence = emptyFindingsSentence(*context.document); !sentence.empty())
    rows->addWidget(makeLabel(shown(sentence), theme::font()));
  for (std::size_t i = 0; i < analysis.findings.size() && i < kFindingsShown; ++i) {
    const Finding &finding = analysis.findings[i];
    auto *row = new QWidget;
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(10);
    auto *button = new QPushButton(QStringLiteral("%1  show").arg(i + 1));
    button->setFont(theme::font(theme::TextSize::kSmall));
    button->setAccessibleName(QStringLiteral("show finding %1 on the timeline").arg(i + 1));
    button->setFixedWidth(72);
    if (context.navigator != nullptr && context.navigator->showFinding) {
      const auto show = context.navigator->showFinding;
      QObject::connect(button, &QPushButton::clicked, button,
                       [show, i] { show(static_cast<int>(i) + 1, 0); });
    }
    auto *text = makeLabel(findingLine(finding), theme::font());
    text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    text->setToolTip(shown(finding.fix));
    auto *site =
        makeLabel(shortSite(finding.site), theme::font(theme::TextSize::kSmall), theme::dimText());
    site->setMaximumWidth(360);
    site->setToolTip(shown(finding.site.text()));
    line->addWidget(button);
    line->addWidget(text, 1);
    line->addWidget(site);
    rows->addWidget(row);
  }
  if (analysis.findings.size() > kFindingsShown) {
    rows->addWidget(makeLabel(QStringLiteral("%1 more on the page Findings")
                                  .arg(analysis.findings.size() - kFindingsShown),
                              theme::font(theme::TextSize::kSmall), theme::dimText()));
  }
  return box;
}

QWidget *quality(const RunDocument &document) {
  auto *box = new QWidget;
  auto *rows = new QGridLayout(box);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setHorizontalSpacing(12);
  rows->setColumnStretch(1, 1);
  std::size_t shownLines = 0;
  for (const QualityLine &line : document.qualityLines) {
    if (shownLines++ == kQualityShown) break;
    const int row = rows->rowCount();
    rows->addWidget(makeLabel(QString::fromUtf8(theme::severityWord(line.severity)),
                              theme::font(theme::TextSize::kNormal, true),
                              theme::severityColor(line.severity)),
                    row, 0, Qt::AlignTop);
    auto *message = makeLabel(QString::fromStdString(line.message), theme::font());
    message->setWordWrap(true);
    rows->addWidget(message, row, 1);
  }
  if (document.qualityLines.empty())
    rows->addWidget(makeLabel(QStringLiteral("nothing is lost or missing"), theme::font()), 0, 0);
  return box;
}

class SummaryPage : public Page {
public:
  explicit SummaryPage(const PageContext &context) : document_(context.document) {
    auto *content = new QWidget;
    auto *layout = new QVBoxLayout(content);
    layout->setContentsMargins(18, 14, 18, 14);
    layout->setSpacing(9);
    const RunDocument &document = *document_;
    layout->addWidget(
        makeLabel(shown(documentTitle(document)), theme::font(theme::TextSize::kLarge, true)));
    if (const std::string_view command = document.metaValue(meta_key::kCommand); !command.empty()) {
      auto *line = makeLabel(shown(command), theme::codeFont(), theme::dimText());
      line->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
      line->setToolTip(shown(command));
      layout->addWidget(line);
    }
    auto *steps = makeLabel(shown(stepsSentence(document)), theme::font());
    steps->setWordWrap(true);
    layout->addWidget(steps);
    layout->addWidget(tiles(document));
    const auto section = [layout](const QString &title, QWidget *body) {
      if (body == nullptr) return;
      layout->addSpacing(6);
      layout->addWidget(heading(title));
      layout->addWidget(body);
    };
    section(QStringLiteral("What holds the loop back"), findings(context));
    if (const auto &plan = document.analysis.plan; plan.has_value())
      section(planHeading(*plan), makePlanPanel(*plan));
    section(QStringLiteral("Where a steady step goes"), shares(document));
    section(QStringLiteral("Why the device stands still"), idle(document));
    if (QWidget *chart = stepTimes(context)) {
      layout->addSpacing(6);
      layout->addWidget(chart);
    }
    section(QStringLiteral("Data quality"), quality(document));
    layout->addStretch(1);
    auto *scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setWidget(content);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(scroll);
  }

  QString text() const override {
    QString out = shown(documentTitle(*document_)) + QLatin1Char('\n') +
                  shown(stepsSentence(*document_)) + QLatin1Char('\n');
    for (const SummaryTile &tile : summaryTiles(*document_))
      out += shown(tile.label + "\t" + tile.value + "\t" + tile.note) + QLatin1Char('\n');
    for (const Finding &finding : document_->analysis.findings)
      out += findingLine(finding) + QLatin1Char('\n');
    if (document_->analysis.plan) out += planLines(*document_->analysis.plan);
    for (const QualityLine &line : document_->qualityLines)
      out += QString::fromStdString(line.message) + QLatin1Char('\n');
    return out;
  }
  QString csv() const override { return tabsToCsv(text()); }

private:
  RunDocumentPtr document_;
};

} // namespace

QWidget *makeSummaryPage(const PageContext &context) { return new SummaryPage(context); }

} // namespace hotloop::gui
