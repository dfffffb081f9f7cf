#include "gui/pages/whatif/what_if_page.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>

#include "core/report/number_format.h"
#include "gui/data/what_if_session.h"
#include "gui/view/slice_style.h"
#include "gui/view/text.h"
#include "gui/widgets/background.h"
#include "gui/widgets/bar_chart.h"
#include "gui/widgets/labels.h"
#include "gui/widgets/latest_job.h"
#include "gui/widgets/rich_table.h"
#include "gui/widgets/waterfall_view.h"

namespace hotloop::gui {
namespace {

constexpr double kLeastMs = 0.001; // of a gain that is shown as one

QString ms(double value) { return shown(formatMilliseconds(value)); }

class WhatIfPage : public Page {
public:
  explicit WhatIfPage(const PageContext &context)
      : path_(context.document->path), layout_(new QVBoxLayout(this)),
        replay_(new LatestJob(this, context.navigator == nullptr)),
        prediction_(new LatestJob(this, context.navigator == nullptr)) {
    layout_->setContentsMargins(14, 12, 14, 12);
    layout_->setSpacing(8);
    waiting_ = makeEmpty(QStringLiteral("replaying the run ..."));
    layout_->addWidget(waiting_);
    prediction_->slow = [this] { note_->setText(QStringLiteral("replaying ...")); };
    if (context.navigator == nullptr) replay(); // a picture
  }
  ~WhatIfPage() override {
    if (!session_) return;
    // Giving back the memory of a large run takes longer than the window may stand still.
    inBackground([last = std::move(session_)]() mutable { last.reset(); });
  }

  QString text() const override {
    if (!session_) return {};
    QString out = QStringLiteral("fix\tgain alone\tlow\thigh\ttrust\twhy none");
    for (const FixChoice &choice : session_->choices()) {
      out += QLatin1Char('\n') + shown(choice.name) + QLatin1Char('\t') +
             (choice.whyNone.empty() ? ms(choice.gainMs) + QLatin1Char('\t') + ms(choice.lowMs) +
                                           QLatin1Char('\t') + ms(choice.highMs)
                                     : QStringLiteral("\t\t")) +
             QLatin1Char('\t') + shown(choice.trust) + QLatin1Char('\t') + shown(choice.whyNone);
    }
    return out + QLatin1Char('\n') + (waterfall_ != nullptr ? waterfall_->text() : QString());
  }
  QString csv() const override { return tabsToCsv(text()); }

protected:
  // The replay holds the whole run in memory: only who looks at it pays for it.
  void showEvent(QShowEvent *event) override {
    Page::showEvent(event);
    if (waiting_ != nullptr && !replay_->isBusy()) replay();
  }

private:
  void replay() {
    replay_->start(
        [path = path_](const std::stop_token &stop) { return WhatIfSession::open(path, stop); },
        [this](Result<std::unique_ptr<WhatIfSession>> session) { arrived(std::move(session)); });
  }

  void arrived(Result<std::unique_ptr<WhatIfSession>> session) {
    delete waiting_;
    waiting_ = nullptr;
    if (!session) {
      layout_->addWidget(makeEmpty(shown(session.error().message)));
      return;
    }
    session_ = std::shared_ptr<const WhatIfSession>(std::move(*session));
    if (!session_->whyNone().empty()) {
      layout_->addWidget(makeEmpty(QStringLiteral("Nothing can be predicted on this run. ") +
                                   shown(session_->whyNone())));
      return;
    }
    build();
    predict();
  }

  void build() {
    steps_ = new BarChart({}, ms);
    layout_->addWidget(steps_);
    auto *row = new QHBoxLayout;
    auto *switches = new QWidget;
    auto *list = new QVBoxLayout(switches);
    list->setContentsMargins(0, 0, 8, 0);
    list->setSpacing(3);
    if (!session_->choices().empty() && session_->choices().front().finding > 0)
      list->addWidget(makeLabel(QStringLiteral("Fixes of the findings:"),
                                theme::font(theme::TextSize::kNormal, true)));
    const bool findings =
        std::any_of(session_->choices().begin(), session_->choices().end(), [](const auto &choice) {
          return choice.finding > 0 && choice.gainMs >= kLeastMs;
        });
    for (std::size_t i = 0; i < session_->choices().size(); ++i) {
      const FixChoice &choice = session_->choices()[i];
      const bool works = choice.whyNone.empty();
      if (i > 0 && choice.finding == 0 && session_->choices()[i - 1].finding > 0)
        list->addWidget(makeLabel(QStringLiteral("Everywhere in the step:"),
                                  theme::font(theme::TextSize::kNormal, true)));
      auto *box = new QCheckBox(shown(choice.name));
      const std::string gain = works ? "alone " + formatMilliseconds(choice.gainMs) + " (" +
                                           formatMilliseconds(choice.lowMs) + " to " +
                                           formatMilliseconds(choice.highMs) + "), trust " +
                                           choice.trust
                                     : std::string();
      box->setAccessibleDescription(shown(choice.what + " " + gain));
      box->setFont(theme::font());
      box->setEnabled(works);
      // Fixes of all places of a kind take in those of findings.
      box->setChecked(works && choice.gainMs >= kLeastMs && (choice.finding > 0 || !findings));
      boxes_.push_back(box);
      list->addWidget(box);
      for (const std::string &words : {choice.what, gain, choice.whyNone}) {
        if (words.empty()) continue;
        auto *why = makeLabel(shown(words), theme::font(theme::TextSize::kSmall), theme::dimText());
        why->setWordWrap(true);
        why->setIndent(22);
        list->addWidget(why);
      }
      connect(box, &QCheckBox::toggled, this, [this] { predict(); });
    }
    list->addStretch(1);
    auto *scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(switches);
    row->addWidget(scroll, 2);
    waterfall_ = new WaterfallView;
    row->addWidget(waterfall_, 3);
    layout_->addLayout(row, 1);
    note_ = makeLabel({}, theme::font(theme::TextSize::kSmall), theme::dimText());
    note_->setWordWrap(true);
    layout_->addWidget(note_);
  }

  // A replay per pair of fixes: too long for the window's thread.
  void predict() {
    std::vector<bool> on;
    for (const QCheckBox *box : boxes_) on.push_back(box->isChecked() && box->isEnabled());
    prediction_->start([session = session_,
                        on](const std::stop_token &stop) { return session->predict(on, stop); },
                       [this](const FixOutcome &outcome) { display(outcome); });
  }

  void display(const FixOutcome &outcome) {
    showSteps(outcome);
    std::vector<WaterfallStep> steps;
    for (const FixOutcome::Part &part : outcome.parts) {
      const FixChoice &choice = session_->choices()[part.fix];
      steps.push_back({shown(choice.name), -part.gainMs * 1e6, 0, 0});
    }
    waterfall_->setSteps(
        QStringLiteral("The step with the fixes that are on, in the order that gives most"),
        QStringLiteral("now"), session_->unprofiledMs() * 1e6, std::move(steps),
        QStringLiteral("predicted"), outcome.ms * 1e6);
    QString words = outcome.abstained.empty()
                        ? QStringLiteral("Predicted step %1 (%2 to %3)")
                              .arg(ms(outcome.ms), ms(outcome.lowMs), ms(outcome.highMs))
                        : QStringLiteral("No prediction: ") + shown(outcome.abstained);
    if (!outcome.trust.empty()) words += QStringLiteral(", trust ") + shown(outcome.trust);
    for (const std::string &warning : outcome.warnings)
      words += QStringLiteral("; ") + shown(warning);
    note_->setText(words);
  }

  // The recorded step beside the replayed ones.
  void showSteps(const FixOutcome &outcome) {
    const double most = std::max({session_->recordedMs(), session_->unprofiledMs(), outcome.ms});
    std::vector<Bar> bars;
    const auto bar = [&](const QString &label, double value, Category category) {
      bars.push_back(
          {label,
           most,
           {{QStringLiteral("step"), value, rgb(theme::categoryColor(category)), Pattern::kNone}}});
    };
    bar(QStringLiteral("Recorded; its replay, nothing changed, takes %1")
            .arg(ms(session_->replayedMs())),
        session_->recordedMs(), Category::kStep);
    bar(QStringLiteral("Replayed at the speed of the program without the profiler: what gains "
                       "refer to"),
        session_->unprofiledMs(), Category::kKernel);
    bar(outcome.abstained.empty() ? QStringLiteral("Replayed with the fixes that are on")
                                  : QStringLiteral("With the fixes that are on: no prediction"),
        outcome.ms, Category::kRange);
    steps_->setBars(std::move(bars));
  }

  std::string path_;
  QVBoxLayout *layout_;
  BarChart *steps_ = nullptr;
  LatestJob *replay_, *prediction_;
  QWidget *waiting_ = nullptr;
  std::shared_ptr<const WhatIfSession> session_; // shared with predictions on their way
  std::vector<QCheckBox *> boxes_;
  WaterfallView *waterfall_ = nullptr;
  QLabel *note_ = nullptr;
};

} // namespace

QWidget *makeWhatIfPage(const PageContext &context) { return new WhatIfPage(context); }

} // namespace hotloop::gui
