#include "gui/pages/findings/findings_page.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QScrollArea>
#include <QSplitter>
#include <QTableView>
#include <QTextBrowser>
#include <QVBoxLayout>
#include <algorithm>
#include <functional>
#include <map>

#include "core/trace/meta_keys.h"
#include "gui/data/summary.h"
#include "gui/pages/findings/findings_model.h"
#include "gui/view/text.h"
#include "gui/view/theme.h"
#include "gui/widgets/plan_panel.h"
#include "gui/widgets/rich_table.h"

namespace hotloop::gui {
namespace {

// At most; narrower where the texts are.
constexpr int kColumnWidths[FindingsModel::kColumnCount] = {34, 150, 306, 220, 72, 76, 244, 84, 0};
constexpr int kRowHeight = 26;
constexpr int kCellMargin = 8;
constexpr std::size_t kQualityWhole = 3; // lines that are shown without scrolling
constexpr int kQualityHeight = 96;       // of the list; longer ones scroll

QLabel *label(const QString &text, const QFont &font, const QColor &color = {}) {
  auto *label = new QLabel(text);
  label->setTextFormat(Qt::PlainText);
  label->setFont(font);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  if (color.isValid()) {
    QPalette palette = label->palette();
    palette.setColor(QPalette::WindowText, color);
    label->setPalette(palette);
    label->setForegroundRole(QPalette::WindowText); // else that of the parent's background
  }
  return label;
}

QWidget *tile(const SummaryTile &figure) {
  auto *box = new QFrame;
  box->setFrameShape(QFrame::StyledPanel);
  box->setAutoFillBackground(true);
  box->setBackgroundRole(QPalette::Base);
  box->setAccessibleName(shown(figure.label + " " + figure.value + " " + figure.note));
  auto *layout = new QVBoxLayout(box);
  layout->setContentsMargins(12, 8, 12, 8);
  layout->setSpacing(1);
  layout->addWidget(
      label(shown(figure.label), theme::font(theme::TextSize::kSmall), theme::dimText()));
  layout->addWidget(label(shown(figure.value), theme::font(theme::TextSize::kFigure)));
  layout->addWidget(
      label(shown(figure.note), theme::font(theme::TextSize::kSmall), theme::dimText()));
  return box;
}

QWidget *summary(const RunDocument &document) {
  auto *box = new QWidget;
  box->setObjectName(QStringLiteral("summary"));
  auto *layout = new QVBoxLayout(box);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(
      label(shown(documentTitle(document)), theme::font(theme::TextSize::kLarge, true)));
  if (const std::string_view command = document.metaValue(meta_key::kCommand); !command.empty()) {
    auto *line = label(shown(command), theme::codeFont(), theme::dimText());
    // A long command is cut, it must not set the width of the window.
    line->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    line->setToolTip(shown(command));
    layout->addWidget(line);
  }
  auto *steps = label(shown(stepsSentence(document)), theme::font());
  steps->setWordWrap(true);
  layout->addWidget(steps);

  auto *tiles = new QHBoxLayout;
  tiles->setSpacing(8);
  for (const SummaryTile &figure : summaryTiles(document)) tiles->addWidget(tile(figure));
  tiles->addStretch(1);
  layout->addLayout(tiles);
  return box;
}

// Null when nothing is wrong with the data.
QWidget *qualityList(const RunDocument &document) {
  const std::vector<QualityLine> &lines = document.qualityLines;
  if (lines.empty()) return nullptr;
  auto *list = new QWidget;
  auto *rows = new QGridLayout(list);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setColumnStretch(1, 1);
  for (const QualityLine &line : lines) {
    const int row = rows->rowCount();
    rows->addWidget(label(QString::fromUtf8(theme::severityWord(line.severity)),
                          theme::font(theme::TextSize::kNormal, true),
                          theme::severityColor(line.severity)),
                    row, 0, Qt::AlignTop);
    auto *message = label(QString::fromStdString(line.message), theme::font());
    message->setWordWrap(true);
    rows->addWidget(message, row, 1, Qt::AlignTop);
  }
  if (lines.size() <= kQualityWhole) {
    list->setObjectName(QStringLiteral("quality"));
    list->setAccessibleName(QStringLiteral("data quality"));
    list->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    return list;
  }
  rows->setRowStretch(rows->rowCount(), 1); // lines stay together
  auto *scroll = new QScrollArea;
  scroll->setObjectName(QStringLiteral("quality"));
  scroll->setAccessibleName(QStringLiteral("data quality"));
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  scroll->setWidget(list);
  scroll->setMaximumHeight(kQualityHeight);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
  return scroll;
}

// Null when it says no more than the findings.
QWidget *planSection(const RunDocument &document) {
  QWidget *panel = document.analysis.plan ? makePlanPanel(*document.analysis.plan) : nullptr;
  if (panel == nullptr) return nullptr;
  auto *box = new QWidget;
  auto *layout = new QVBoxLayout(box);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(4);
  layout->addWidget(
      label(planHeading(*document.analysis.plan), theme::font(theme::TextSize::kNormal, true)));
  layout->addWidget(panel);
  box->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
  return box;
}

// Enter (and a double click) goes to the place.
class FindingsTable : public QTableView {
public:
  std::function<void(int)> opened;
  using QTableView::sizeHintForColumn;

protected:
  void keyPressEvent(QKeyEvent *event) override {
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && currentIndex().isValid() && opened)
      opened(currentIndex().row());
    else
      QTableView::keyPressEvent(event);
  }
};

FindingsTable *findingsTable(FindingsModel *model) {
  auto *table = new FindingsTable;
  table->setObjectName(QStringLiteral("findings"));
  table->setAccessibleName(QStringLiteral("findings, most valuable first"));
  table->setModel(model);
  table->setFont(theme::font());
  table->setAlternatingRowColors(true);
  table->setShowGrid(false);
  table->setWordWrap(false);
  table->setTabKeyNavigation(false); // Tab leaves the table
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->setSelectionMode(QAbstractItemView::SingleSelection);
  table->verticalHeader()->hide();
  table->verticalHeader()->setDefaultSectionSize(kRowHeight);
  table->horizontalHeader()->setHighlightSections(false);
  for (int column = 0; column < FindingsModel::kFix; ++column) {
    const int header = table->horizontalHeader()->sectionSizeHint(column);
    const int wanted = std::max(header, table->sizeHintForColumn(column) + kCellMargin);
    table->setColumnWidth(column, std::min(wanted, kColumnWidths[column]));
  }
  // The title has what room there is; the fix is in the details below.
  table->setColumnHidden(FindingsModel::kFix, true);
  table->horizontalHeader()->setSectionResizeMode(FindingsModel::kTitle, QHeaderView::Stretch);
  return table;
}

QWidget *findings(const RunDocumentPtr &document, const Navigator *navigator) {
  auto *splitter = new QSplitter(Qt::Vertical);
  auto *model = new FindingsModel(document, splitter);
  auto *table = findingsTable(model);
  auto *details = new QTextBrowser;
  details->setObjectName(QStringLiteral("details"));
  details->setAccessibleName(QStringLiteral("details of the finding"));
  details->setFont(theme::font());
  details->setOpenLinks(false);
  QObject::connect(table->selectionModel(), &QItemSelectionModel::currentRowChanged, details,
                   [model, details](const QModelIndex &current) {
                     details->setHtml(current.isValid() ? model->details(current.row())
                                                        : QString());
                   });
  if (navigator != nullptr && navigator->showFinding) {
    const auto show = navigator->showFinding;
    table->opened = [show](int row) { show(row + 1, 0); };
    QObject::connect(table, &QAbstractItemView::doubleClicked, table,
                     [show](const QModelIndex &at) { show(at.row() + 1, 0); });
  }
  splitter->addWidget(table);
  splitter->addWidget(details);
  splitter->setChildrenCollapsible(false);
  splitter->setStretchFactor(0, 3);
  splitter->setStretchFactor(1, 2);
  table->selectRow(0);
  return splitter;
}

// Rules by the reason why they were not checked; many of one reason are counted.
QString uncheckedLine(const Analysis &analysis) {
  constexpr std::size_t kNamed = 3;
  std::map<std::string, std::vector<std::string>> byReason;
  for (const NotChecked &rule : analysis.notChecked) byReason[rule.reason].push_back(rule.rule);
  std::string text;
  for (const auto &[reason, rules] : byReason) {
    text += text.empty() ? "not checked: " : "; ";
    if (rules.size() > kNamed) {
      text += std::to_string(rules.size()) + " rules";
    } else {
      for (std::size_t i = 0; i < rules.size(); ++i) text += (i == 0 ? "" : ", ") + rules[i];
    }
    text += " (" + reason + ")";
  }
  return shown(text);
}

class FindingsPage : public Page {
public:
  explicit FindingsPage(const PageContext &context)
      : document_(context.document), model_(new FindingsModel(context.document, this)) {
    const RunDocumentPtr &document = context.document;
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(14, 12, 14, 10);
    layout->setSpacing(10);
    layout->addWidget(summary(*document));
    if (QWidget *quality = qualityList(*document)) layout->addWidget(quality);
    if (QWidget *plan = planSection(*document)) layout->addWidget(plan);
    if (const std::string sentence = emptyFindingsSentence(*document); sentence.empty()) {
      layout->addWidget(findings(document, context.navigator), 1);
    } else {
      auto *empty = label(shown(sentence), theme::font(theme::TextSize::kLarge));
      empty->setObjectName(QStringLiteral("findings"));
      empty->setAlignment(Qt::AlignCenter);
      layout->addWidget(empty, 1);
    }
    if (const QString unchecked = uncheckedLine(document->analysis); !unchecked.isEmpty()) {
      auto *line = label(unchecked, theme::font(theme::TextSize::kSmall), theme::dimText());
      line->setWordWrap(true);
      layout->addWidget(line);
    }
  }

  bool act(std::string_view action) override {
    auto *table = findChild<FindingsTable *>(QStringLiteral("findings"));
    if (action != "activate" || table == nullptr || !table->opened ||
        !table->currentIndex().isValid()) {
      return false;
    }
    table->opened(table->currentIndex().row());
    return true;
  }

  QString text() const override {
    QString out;
    for (int column = 0; column < model_->columnCount(); ++column)
      out += (column == 0 ? QString() : QStringLiteral("\t")) +
             model_->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
    for (int row = 0; row < model_->rowCount(); ++row) {
      out += QLatin1Char('\n');
      for (int column = 0; column < model_->columnCount(); ++column)
        out += (column == 0 ? QString() : QStringLiteral("\t")) +
               model_->index(row, column).data().toString();
    }
    out += QLatin1Char('\n');
    if (document_->analysis.plan) out += planLines(*document_->analysis.plan);
    return out;
  }
  QString csv() const override { return tabsToCsv(text()); }

private:
  RunDocumentPtr document_;
  FindingsModel *model_;
};

} // namespace

QWidget *makeFindingsPage(const PageContext &context) { return new FindingsPage(context); }

} // namespace hotloop::gui
