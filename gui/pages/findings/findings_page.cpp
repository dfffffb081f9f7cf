#include "gui/pages/findings/findings_page.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QScrollArea>
#include <QSplitter>
#include <QTableView>
#include <QTextBrowser>
#include <QVBoxLayout>
#include <algorithm>

#include "core/trace/meta_keys.h"
#include "gui/data/summary.h"
#include "gui/pages/findings/findings_model.h"
#include "gui/view/text.h"
#include "gui/view/theme.h"

namespace hotloop::gui {
namespace {

constexpr int kColumnWidths[FindingsModel::kColumnCount] = {34, 168, 320, 160, 78, 88, 88, 0};
constexpr int kRowHeight = 26;
constexpr int kQualityHeight = 96; // of the list; longer ones scroll

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
  if (const std::string_view command = document.trace.meta(meta_key::kCommand); !command.empty()) {
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
  const std::vector<QualityLine> lines = document.quality();
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
    rows->addWidget(message, row, 1);
  }
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

QTableView *findingsTable(FindingsModel *model) {
  auto *table = new QTableView;
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
  table->horizontalHeader()->setStretchLastSection(true);
  for (int column = 0; column < FindingsModel::kFix; ++column) {
    table->setColumnWidth(column, kColumnWidths[column]);
  }
  return table;
}

QWidget *findings(const RunDocumentPtr &document) {
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
  splitter->addWidget(table);
  splitter->addWidget(details);
  splitter->setChildrenCollapsible(false);
  splitter->setStretchFactor(0, 3);
  splitter->setStretchFactor(1, 2);
  table->selectRow(0);
  return splitter;
}

QString uncheckedLine(const Analysis &analysis) {
  std::string text;
  for (const NotChecked &rule : analysis.notChecked) {
    text += (text.empty() ? "not checked: " : "; ") + rule.rule + " (" + rule.reason + ")";
  }
  return shown(text);
}

} // namespace

QWidget *makeFindingsPage(RunDocumentPtr document) {
  auto *page = new QWidget;
  auto *layout = new QVBoxLayout(page);
  layout->setContentsMargins(14, 12, 14, 10);
  layout->setSpacing(10);
  layout->addWidget(summary(*document));
  if (QWidget *quality = qualityList(*document)) layout->addWidget(quality);
  if (const std::string sentence = emptyFindingsSentence(*document); sentence.empty()) {
    layout->addWidget(findings(document), 1);
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
  return page;
}

} // namespace hotloop::gui
