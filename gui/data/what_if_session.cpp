#include "gui/data/what_if_session.h"

#include <utility>

#include "analyzers/finding_edits.h"
#include "analyzers/rule_fixes.h"
#include "analyzers/steps/steps.h"
#include "analyzers/timeline/transforms.h"
#include "analyzers/timeline/what_if.h"
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
};

WhatIfSession::WhatIfSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
WhatIfSession::~WhatIfSession() = default;

Result<std::unique_ptr<WhatIfSession>> WhatIfSession::open(const std::string &path,
                                                           const std::stop_token &stop) {
  HOTLOOP_ASSIGN(TraceView trace, loadRun(path, stop));
  auto state = std::make_unique<State>(std::move(trace), stop);
  if (state->whatIf.whyNone().empty()) {
    HOTLOOP_ASSIGN(FindingEdits found, findingEdits(state->whatIf, stop));
    for (std::size_t i = 0; i < found.findings.size() && !stop.stop_requested(); ++i) {
      const Finding &finding = found.findings[i];
      FixChoice choice;
      choice.name = "finding " + std::to_string(i + 1) + ", " + finding.rule +
                    (finding.variant.empty() ? "" : " " + finding.variant);
      choice.what = finding.title;
      choice.finding = static_cast<int>(i + 1);
      state->add(std::move(choice), std::move(found.edits[i]));
    }
    for (const std::string_view name : fixNames()) {
      if (stop.stop_requested()) break;
      auto edit = namedFix(state->whatIf, name);
      if (!edit) continue; // one that needs a value
      FixChoice choice;
      choice.name = name;
      state->add(std::move(choice), std::move(*edit));
    }
    for (Edit &edit : ruleFixes(state->whatIf, stop)) {
      FixChoice choice;
      choice.name = edit.name;
      state->add(std::move(choice), std::move(edit));
    }
  }
  if (stop.stop_requested())
    return Unexpected(Error{ErrorKind::kBusy, path + ": the replay was stopped"});
  return std::unique_ptr<WhatIfSession>(new WhatIfSession(std::move(state)));
}

const std::string &WhatIfSession::whyNone() const { return state_->whatIf.whyNone(); }
const std::vector<FixChoice> &WhatIfSession::choices() const { return state_->choices; }
double WhatIfSession::recordedMs() const { return state_->whatIf.baseline().recordedMs; }
double WhatIfSession::replayedMs() const { return state_->whatIf.baseline().replayedMs; }
double WhatIfSession::unprofiledMs() const { return state_->whatIf.baseline().ms; }

FixOutcome WhatIfSession::predict(const std::vector<bool> &on) const {
  FixOutcome outcome;
  std::vector<Edit> edits;
  std::vector<std::size_t> choiceOf;
  for (std::size_t i = 0; i < state_->edits.size() && i < on.size(); ++i) {
    if (!on[i] || !state_->choices[i].whyNone.empty()) continue;
    edits.push_back(state_->edits[i]);
    choiceOf.push_back(i);
  }
  outcome.ms = outcome.lowMs = outcome.highMs = unprofiledMs();
  if (edits.empty()) return outcome;
  const Prediction together = state_->whatIf.predict(combine(edits));
  outcome.abstained = together.abstained;
  outcome.warnings = together.warnings;
  if (!together.abstained.empty()) return outcome;
  outcome.ms = together.ms;
  outcome.lowMs = together.lowMs;
  outcome.highMs = together.highMs;
  outcome.trust = together.trust;
  double rest = unprofiledMs() - together.ms;
  for (const WhatIf::Stacked &stacked : state_->whatIf.greedy(edits)) {
    outcome.parts.push_back({choiceOf[stacked.edit], stacked.marginalMs});
    rest -= stacked.marginalMs;
  }
  // Parts that greedy() leaves out (nothing more, or a loss) are shared by the last.
  if (!outcome.parts.empty()) outcome.parts.back().gainMs += rest;
  return outcome;
}

} // namespace hotloop::gui
