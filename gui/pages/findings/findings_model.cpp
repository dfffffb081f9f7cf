#include "gui/pages/findings/findings_model.h"

#include <QColor>

#include "core/report/number_format.h"
#include "gui/view/text.h"
#include "gui/view/theme.h"

namespace hotloop::gui {
namespace {

constexpr const char *kHeaders[FindingsModel::kColumnCount] = {
    "#", "Rule", "Finding", "Site", "Per step", "Felt", "Gain per step", "Host time", "Fix"};
constexpr const char *kHeaderHelp[FindingsModel::kColumnCount] = {
    "most valuable first; ? is less than this run can tell, – is not worth it",
    "id and variant",
    "what holds the loop back",
    "call site",
    "occurrences per steady step",
    "measured: this run pays. would: only a GPU feels it",
    "predicted by replaying the step without it, with the interval; – where it cannot be told",
    "CPU time per steady step, measured here",
    "what to do"};
constexpr std::size_t kEvidenceShown = 5;

QString ruleText(const Finding &finding) {
  return shown(finding.variant.empty() ? finding.rule : finding.rule + " " + finding.variant);
}

// The last two parts of a path tell most; the whole one is in the details.
QString shortSite(const Site &site) {
  if (site.file.empty())
    return site.function.empty() ? QStringLiteral("unknown site") : shown(site.function);
  const std::size_t slash = site.file.rfind('/');
  const std::size_t second = slash == std::string::npos || slash == 0
                                 ? std::string::npos
                                 : site.file.rfind('/', slash - 1);
  std::string text = second == std::string::npos ? site.file : site.file.substr(second + 1);
  if (site.line != 0) text += ":" + std::to_string(site.line);
  return shown(text);
}

QString gainText(const Gain &gain) {
  if (!gain.estimate)
    return gain.mostMs ? QStringLiteral("at most %1 ms").arg(QString::number(*gain.mostMs, 'g', 3))
                       : QStringLiteral("–");
  const Gain::Estimate &estimate = *gain.estimate;
  return QStringLiteral("%1 ms (%2 to %3)%4")
      .arg(QString::number(estimate.ms, 'g', 3), QString::number(estimate.lowMs, 'g', 3),
           QString::number(estimate.highMs, 'g', 3),
           estimate.bound == "lower"   ? QStringLiteral(" or more")
           : estimate.bound == "upper" ? QStringLiteral(" or less")
                                       : QString());
}

QVariant alignment(int column) {
  switch (column) {
  case FindingsModel::kRank:
  case FindingsModel::kPerStep:
  case FindingsModel::kGain:
  case FindingsModel::kHostTime: return QVariant(Qt::AlignVCenter | Qt::AlignRight);
  case FindingsModel::kFelt: return QVariant(Qt::AlignCenter);
  default: return QVariant(Qt::AlignVCenter | Qt::AlignLeft);
  }
}

QString block(const char *heading, const QString &body) {
  return body.isEmpty()
             ? QString()
             : QStringLiteral("<p><b>%1</b><br>%2</p>").arg(QString::fromUtf8(heading), body);
}

} // namespace

FindingsModel::FindingsModel(RunDocumentPtr document, QObject *parent)
    : QAbstractTableModel(parent), document_(std::move(document)) {}

int FindingsModel::rowCount(const QModelIndex &parent) const {
  if (parent.isValid()) return 0;
  const Analysis &analysis = document_->analysis;
  return static_cast<int>(analysis.findings.size() + analysis.unresolved.size() +
                          analysis.notWorth.size());
}

int FindingsModel::columnCount(const QModelIndex &parent) const {
  return parent.isValid() ? 0 : static_cast<int>(kColumnCount);
}

bool FindingsModel::worthIt(int row) const {
  return static_cast<std::size_t>(row) < document_->analysis.findings.size();
}

bool FindingsModel::unresolved(int row) const {
  const Analysis &analysis = document_->analysis;
  const auto place = static_cast<std::size_t>(row);
  return !worthIt(row) && place < analysis.findings.size() + analysis.unresolved.size();
}

const Finding &FindingsModel::finding(int row) const {
  auto place = static_cast<std::size_t>(row);
  const Analysis &analysis = document_->analysis;
  for (const auto *list : {&analysis.findings, &analysis.unresolved}) {
    if (place < list->size()) return (*list)[place];
    place -= list->size();
  }
  return analysis.notWorth[place];
}

QString FindingsModel::text(int row, int column) const {
  const Finding &finding = this->finding(row);
  switch (column) {
  case kRank:
    return worthIt(row)      ? QString::number(row + 1)
           : unresolved(row) ? QStringLiteral("?")
                             : QStringLiteral("–");
  case kRule: return ruleText(finding);
  case kTitle: return shown(finding.title);
  case kSite: return shortSite(finding.site);
  case kPerStep: return shown(formatCount(finding.perStep));
  case kFelt:
    return finding.felt == Felt::kMeasured ? QStringLiteral("measured") : QStringLiteral("would");
  case kGain: return gainText(finding.gain);
  case kHostTime:
    return finding.hostTime.count > 0 ? shown(formatDuration(finding.hostTime))
                                      : QStringLiteral("–");
  case kFix: return shown(finding.fix);
  default: return {};
  }
}

QVariant FindingsModel::data(const QModelIndex &index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const int row = index.row();
  const int column = index.column();
  switch (role) {
  case Qt::DisplayRole:
  case Qt::AccessibleTextRole: return text(row, column);
  case Qt::ToolTipRole:
    return column == kSite ? shown(finding(row).site.text()) : text(row, column);
  case Qt::TextAlignmentRole: return alignment(column);
  case Qt::ForegroundRole:
    if (!worthIt(row)) return theme::dimText();
    return column == kFelt ? QVariant(theme::feltColor(finding(row).felt)) : QVariant();
  default: return {};
  }
}

QVariant FindingsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumnCount) return {};
  if (role == Qt::DisplayRole) return QString::fromUtf8(kHeaders[section]);
  if (role == Qt::ToolTipRole) return QString::fromUtf8(kHeaderHelp[section]);
  if (role == Qt::TextAlignmentRole) return alignment(section);
  return {};
}

QString FindingsModel::details(int row) const {
  const Finding &finding = this->finding(row);
  QString html = QStringLiteral("<p><b>%1</b> &nbsp;%2%3<br><span style='color:%4'>%5</span></p>")
                     .arg(ruleText(finding).toHtmlEscaped(), shownRich(finding.title),
                          worthIt(row)      ? QString()
                          : unresolved(row) ? QStringLiteral(" (less than this run can tell)")
                                            : QStringLiteral(" (not worth it)"),
                          theme::dimText().name(), shownRich(finding.site.text()));
  if (!finding.site.rangePath.empty())
    html += block("inside the ranges", shownRich(finding.site.rangePath));
  html += block("fix", shownRich(finding.fix));
  if (!finding.fixCode.empty()) {
    html += block("before and after",
                  QStringLiteral("<span style='font-family:\"DejaVu Sans Mono\"'>%1</span>")
                      .arg(shownRich(finding.fixCode)));
  }
  html += block("why it may not pay", shownRich(finding.mayNotPay));
  if (finding.bytesPerStep > 0) {
    html +=
        block("bytes per step", shownRich(formatBytes(static_cast<double>(finding.bytesPerStep))));
  }
  QString evidence;
  for (std::size_t i = 0; i < finding.evidence.size() && i < kEvidenceShown; ++i) {
    evidence +=
        (i == 0 ? QString() : QStringLiteral("<br>")) + shownRich(finding.evidence[i].description);
  }
  html += block("seen at", evidence);
  if (finding.gain.estimate) {
    html +=
        block("gain per step", gainText(finding.gain).toHtmlEscaped() + QStringLiteral(", trust ") +
                                   shownRich(finding.gain.estimate->trust));
  }
  if (!finding.gain.estimate && !finding.gain.whyNone.empty()) {
    html += block("gain", shownRich("not estimated: " + finding.gain.whyNone));
  }
  return html;
}

} // namespace hotloop::gui
