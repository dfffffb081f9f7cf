#include "gui/data/what_if_session.h"

#include <utility>

#include "analyzers/finding_edits.h"
#include "analyzers/rule_fixes.h"
#include "analyzers/steps/steps.h"
#include "analyzers/timeline/transforms.h"
#include "analyzers/timeline/what_if.h"
#include "core/base/stop.h"
#include "core/store/run_reader.h"

namespace hotloop::gui {

namespace {

WhatIfOptions replayOptions(const std::stop_token &stop) {
  WhatIfOptions options;
  options.stop = stop;
  return options;
}

} // namespace

struct WhatIfSession::State {
  State(TraceView view, const std::stop_token &stop)
      : trace(std::move(view)), steps(findSteps(trace, -1)),
        whatIf(trace, steps, replayOptions(stop)) {}
  TraceView trace;
  Steps steps;
  WhatIf whatIf;
  std::vector<FixChoice> choices;
  std::vector<Edit> edits; // by choice

  void add(FixChoice choice, Edit edit) {
    choice.whyNone = edit.whyNone;
    if (choice.whyNone.empty() && edit.empty()) choice.whyNone = "this run has nothing of the kind";
    if (choice.whyNone.empty()) {
      const Gain gain = whatIf.gainOf(edit);
      if (gain.estimate) {
        choice.gainMs = gain.estimate->ms;
        choice.lowMs = gain.estimate->lowMs;
        choice.highMs = gain.estimate->highMs;
        choice.trust = gain.estimate->trust;
      } else {
        choice.whyNone = gain.whyNone;
      }
    }
    choices.push_back(std::move(choice));
    edits.push_back(std::move(edit));
  }

  FixOutcome predict(const std::vector<bool> &on) const;

  // Within runUntilStopped(): each edit and each gain of one looks at many records.
  Result<void> addAll(const std::stop_token &stop) {
    HOTLOOP_ASSIGN(FindingEdits found, findingEdits(whatIf, stop));
    for (std::size_t i = 0; i < found.findings.size(); ++i) {
      const Finding &finding = found.findings[i];
      FixChoice choice;
      choice.name = "finding " + std::to_string(i + 1) + ", " + finding.rule +
                    (finding.variant.empty() ? "" : " " + finding.variant);
      choice.what = finding.title;
      choice.finding = static_cast<int>(i + 1);
      add(std::move(choice), std::move(found.edits[i]));
    }
    for (const std::string_view name : fixNames()) {
      stopPoint();
      auto edit = namedFix(whatIf, name);
      if (!edit) continue; // one that needs a value
      FixChoice choice;
      choice.name = name;
      add(std::move(choice), std::move(*edit));
    }
    for (Edit &edit : ruleFixes(whatIf, stop)) {
      FixChoice choice;
      choice.name = edit.name;
      add(std::move(choice), std::move(edit));
    }
    return {};
  }
};

WhatIfSession::WhatIfSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
WhatIfSession::~WhatIfSession() = default;

Result<std::unique_ptr<WhatIfSession>> WhatIfSession::open(const std::string &path,
                                                           const std::stop_token &stop) {
  HOTLOOP_ASSIGN(TraceView trace, loadRun(path, stop));
  std::unique_ptr<State> state;
  Result<void> made;
  const bool whole = runUntilStopped(stop, [&] {
    state = std::make_unique<State>(std::move(trace), stop);
    if (state->whatIf.whyNone().empty()) made = state->addAll(stop);
    stopPoint();
  });
  if (!whole) return Unexpected(Error{ErrorKind::kBusy, path + ": the replay was stopped"});
  HOTLOOP_TRY(std::move(made));
  return std::unique_ptr<WhatIfSession>(new WhatIfSession(std::move(state)));
}

const std::string &WhatIfSession::whyNone() const { return state_->whatIf.whyNone(); }
const std::vector<FixChoice> &WhatIfSession::choices() const { return state_->choices; }
double WhatIfSession::recordedMs() const { return state_->whatIf.baseline().recordedMs; }
double WhatIfSession::replayedMs() const { return state_->whatIf.baseline().replayedMs; }
double WhatIfSession::unprofiledMs() const { return state_->whatIf.baseline().ms; }

FixOutcome WhatIfSession::State::predict(const std::vector<bool> &on) const {
  FixOutcome outcome;
  std::vector<Edit> chosen;
  std::vector<std::size_t> choiceOf;
  for (std::size_t i = 0; i < edits.size() && i < on.size(); ++i) {
    if (!on[i] || !choices[i].whyNone.empty()) continue;
    chosen.push_back(edits[i]);
    choiceOf.push_back(i);
  }
  outcome.ms = outcome.lowMs = outcome.highMs = whatIf.baseline().ms;
  if (chosen.empty()) return outcome;
  const Prediction together = whatIf.predict(combine(chosen));
  outcome.abstained = together.abstained;
  outcome.warnings = together.warnings;
  if (!together.abstained.empty()) return outcome;
  outcome.ms = together.ms;
  outcome.lowMs = together.lowMs;
  outcome.highMs = together.highMs;
  outcome.trust = together.trust;
  double rest = whatIf.baseline().ms - together.ms;
  for (const WhatIf::Stacked &stacked : whatIf.greedy(chosen)) {
    outcome.parts.push_back({choiceOf[stacked.edit], stacked.marginalMs});
    rest -= stacked.marginalMs;
  }
  // Parts that greedy() leaves out (nothing more, or a loss) are shared by the last.
  if (!outcome.parts.empty()) outcome.parts.back().gainMs += rest;
  return outcome;
}

FixOutcome WhatIfSession::predict(const std::vector<bool> &on, const std::stop_token &stop) const {
  FixOutcome outcome;
  if (runUntilStopped(stop, [&] { outcome = state_->predict(on); })) return outcome;
  outcome.ms = outcome.lowMs = outcome.highMs = unprofiledMs();
  outcome.abstained = "The replay was stopped before its end.";
  return outcome;
}

} // namespace hotloop::gui
