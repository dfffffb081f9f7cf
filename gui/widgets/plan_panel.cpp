#include "gui/widgets/plan_panel.h"

#include <QGridLayout>
#include <QLabel>

#include "core/report/number_format.h"
#include "core/report/plan_words.h"
#include "core/report/text_layout.h"
#include "gui/view/text.h"
#include "gui/widgets/labels.h"

namespace hotloop::gui {
namespace {

constexpr int kColumns = 4; // number, step, rules, what

QString stepText(double beforeMs, double ms) {
  return shown(formatMilliseconds(beforeMs)) + QStringLiteral(" → ") +
         shown(formatMilliseconds(ms));
}

// What stands below the changes, as far as it is known.
QStringList notes(const ChangePlan &plan) {
  QStringList lines;
  if (predictedChanges(plan) == 0) return lines;
  for (const std::string &line : {planTogether(plan), planCovered(plan)})
    if (!line.empty()) lines.push_back(shown(line));
  return lines;
}

} // namespace

QString planHeading(const ChangePlan &plan) {
  return predictedChanges(plan) > 0
             ? QStringLiteral("What to do, in this order, each on top of those before it")
             : QStringLiteral("What to do, as a command; what it gains is not known");
}

QWidget *makePlanPanel(const ChangePlan &plan) {
  if (!isPlanWorthShowing(plan)) return nullptr;
  auto *box = new QWidget;
  box->setObjectName(QStringLiteral("plan"));
  box->setAccessibleName(QStringLiteral("what to do, in order"));
  auto *grid = new QGridLayout(box);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(14);
  grid->setVerticalSpacing(3);
  grid->setColumnStretch(kColumns - 1, 1);
  int row = 0;
  double before = plan.stepMs;
  for (std::size_t i = 0; i < predictedChanges(plan); ++i, ++row) {
    const PlannedChange &change = plan.changes[i];
    grid->addWidget(makeLabel(QString::number(i + 1), theme::font(), theme::dimText()), row, 0,
                    Qt::AlignRight | Qt::AlignTop);
    grid->addWidget(makeLabel(stepText(before, *change.ms), theme::font()), row, 1, Qt::AlignTop);
    before = *change.ms;
    grid->addWidget(makeLabel(shown(planRules(change)), theme::font()), row, 2, Qt::AlignTop);
    auto *what = makeLabel(shown(planWhat(change)), theme::font());
    what->setWordWrap(true);
    what->setToolTip(shown(change.advice));
    grid->addWidget(what, row, 3);
  }
  const auto wide = [&](QLabel *label) {
    label->setWordWrap(true);
    grid->addWidget(label, row++, 0, 1, kColumns);
  };
  for (const QString &note : notes(plan))
    wide(makeLabel(note, theme::font(theme::TextSize::kSmall), theme::dimText()));
  if (!plan.command.empty()) {
    if (predictedChanges(plan) > 0) {
      wide(makeLabel(QStringLiteral("As a command:"), theme::font(theme::TextSize::kSmall),
                     theme::dimText()));
    }
    auto *command = makeLabel(shown(plan.command), theme::codeFont());
    command->setObjectName(QStringLiteral("plan-command"));
    wide(command);
    if (const std::string preset = planPreset(plan); !preset.empty())
      wide(makeLabel(shown(preset), theme::font(theme::TextSize::kSmall), theme::dimText()));
  }
  return box;
}

QString planLines(const ChangePlan &plan) {
  if (!isPlanWorthShowing(plan)) return {};
  QString out;
  double before = plan.stepMs;
  for (std::size_t i = 0; i < predictedChanges(plan); ++i) {
    const PlannedChange &change = plan.changes[i];
    out += QStringLiteral("%1\t%2\t%3\t%4\n")
               .arg(QString::number(i + 1), stepText(before, *change.ms), shown(planRules(change)),
                    shown(planWhat(change)));
    before = *change.ms;
  }
  for (const QString &note : notes(plan)) out += note + QLatin1Char('\n');
  if (!plan.command.empty())
    out += QStringLiteral("As a command\t") + shown(plan.command) + QLatin1Char('\n');
  return out;
}

} // namespace hotloop::gui
