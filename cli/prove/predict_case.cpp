#include "cli/prove/predict_case.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analyzers/analysis.h"
#include "analyzers/prove/delay_edit.h"
#include "analyzers/prove/host_gain.h"
#include "analyzers/rule_fixes.h"
#include "analyzers/timeline/recommend.h"
#include "analyzers/timeline/transforms.h"

namespace hotloop::cli {

namespace {

// What the words of a case's "predict" ask for.
struct Wanted {
  std::vector<std::string> fixes, rules, toggles, delays;
};

Result<Wanted> wantedOf(const SuiteCase &one) {
  Wanted wanted;
  for (const std::string &word : one.predict) {
    const std::size_t colon = word.find(':');
    const std::string kind = word.substr(0, colon);
    const std::string value = colon == word.npos ? "" : word.substr(colon + 1);
    if (value.empty() || (kind != "fix" && kind != "rule" && kind != "toggle" && kind != "delay"))
      return Unexpected(invalidInput(fmt::format("case {}: \"predict\" has '{}'; it takes "
                                                 "fix:NAME[=SITE], rule:ID[/FORM], toggle:NAME and "
                                                 "delay:KIND:PLACE=MICROSECONDS",
                                                 one.name, word)));
    auto &list = kind == "fix"      ? wanted.fixes
                 : kind == "rule"   ? wanted.rules
                 : kind == "toggle" ? wanted.toggles
                                    : wanted.delays;
    list.push_back(value);
  }
  return wanted;
}

struct WantedDelay {
  DelayKind kind = DelayKind::kHost;
  std::string place;
  double ns = 0;
};

Result<WantedDelay> delayOf(const std::string &text) {
  constexpr std::string_view kKinds[] = {"host", "launch", "kernel", "copy"};
  const std::size_t colon = text.find(':'), equals = text.find('=');
  WantedDelay delay;
  double microseconds = -1;
  if (colon != text.npos && equals != text.npos && colon < equals) {
    delay.place = text.substr(colon + 1, equals - colon - 1);
    std::from_chars(text.data() + equals + 1, text.data() + text.size(), microseconds);
  }
  const auto kind = std::find(std::begin(kKinds), std::end(kKinds), text.substr(0, colon));
  if (microseconds < 0 || kind == std::end(kKinds))
    return Unexpected(invalidInput(fmt::format(
        "delay:{} is not delay:KIND:PLACE=MICROSECONDS, such as delay:host:router=50; kinds: {}",
        text, fmt::join(kKinds, ", "))));
  delay.kind = static_cast<DelayKind>(kind - std::begin(kKinds));
  delay.ns = microseconds * 1e3;
  return delay;
}

// Gains of parts that were predicted apart: what the second saves, it saves of what the first left.
double after(double first, double second) { return 1 - (1 - first) * (1 - second); }

std::string worstTrust(const std::string &a, const std::string &b) {
  if (a == "low" || b == "low") return "low";
  return a == "medium" || b == "medium" ? "medium" : a.empty() ? b : a;
}

// Adds a part that was predicted apart.
void join(CasePrediction &sum, const CasePrediction &part) {
  sum.gain = after(sum.gain, part.gain);
  sum.low = after(sum.low, part.low);
  sum.high = after(sum.high, part.high);
  sum.trust = worstTrust(sum.trust, part.trust);
  if (sum.bound.empty()) sum.bound = part.bound;
  sum.belowResolution = sum.belowResolution || part.belowResolution;
  sum.warnings.insert(sum.warnings.end(), part.warnings.begin(), part.warnings.end());
  sum.timeSum += part.timeSum;
  sum.idleInside += part.idleInside;
}

class Predictor {
public:
  Predictor(const TraceView &trace, const Steps &steps, const Analysis &analysis,
            const WhatIf &whatIf)
      : trace_(trace), steps_(steps), analysis_(analysis), whatIf_(whatIf) {
    std::vector<std::string> fired;
    for (const Finding &finding : analysis.findings) fired.push_back(finding.rule);
    if (whatIf.whyNone().empty()) toggles_ = knownToggles(whatIf, fired);
  }

  Result<CasePrediction> predict(const SuiteCase &one) const {
    HOTLOOP_ASSIGN(const Wanted wanted, wantedOf(one));
    CasePrediction sum;
    HOTLOOP_ASSIGN(const std::vector<Edit> edits, editsOf(wanted));
    const bool hostOnly = !trace_.hasDeviceRecords();
    if (hostOnly) {
      HOTLOOP_TRY(addHostDelays(wanted, sum));
      if (!wanted.fixes.empty() || !wanted.toggles.empty()) sum.abstained = whatIf_.whyNone();
    } else if (!edits.empty()) {
      addReplay(combine(edits), sum);
    }
    if (sum.abstained.empty() && !wanted.rules.empty())
      hostOnly && !anyEstimate(wanted.rules) ? addHostTime(wanted.rules, sum)
                                             : addFindings(wanted.rules, sum);
    if (sum.abstained.empty() && sum.trust.empty()) sum.abstained = "Nothing predicts this case.";
    sum.how = fmt::format("{}", fmt::join(one.predict, " + "));
    if (!sum.abstained.empty()) sum.trust.clear();
    return sum;
  }

private:
  Result<std::vector<Edit>> editsOf(const Wanted &wanted) const {
    std::vector<Edit> edits;
    if (!trace_.hasDeviceRecords()) return edits;
    for (const std::string &fix : wanted.fixes) {
      HOTLOOP_ASSIGN(Edit edit, anyFix(whatIf_, fix));
      edits.push_back(std::move(edit));
    }
    for (const std::string &name : wanted.toggles) {
      const auto known = std::find_if(toggles_.begin(), toggles_.end(),
                                      [&](const Toggle &toggle) { return toggle.name == name; });
      Edit edit;
      if (known != toggles_.end())
        edit = known->edit;
      else
        edit.whyNone =
            fmt::format("No prediction is made for the switch \"{}\" from this run.", name);
      edits.push_back(std::move(edit));
    }
    for (const std::string &text : wanted.delays) {
      HOTLOOP_ASSIGN(const WantedDelay delay, delayOf(text));
      edits.push_back(delayEdit(whatIf_, delay.kind, delay.place, delay.ns));
    }
    return edits;
  }

  void addReplay(const Edit &edit, CasePrediction &sum) const {
    const Prediction prediction = whatIf_.predict(edit);
    sum.abstained = prediction.abstained;
    if (!sum.abstained.empty()) return;
    const WhatIf::Naive naive = whatIf_.naive(edit);
    CasePrediction part;
    part.gain = prediction.gain;
    part.low = prediction.gainLow;
    part.high = prediction.gainHigh;
    part.trust = prediction.trust;
    part.bound = boundName(prediction.bound);
    part.belowResolution = prediction.belowResolution;
    part.warnings = prediction.warnings;
    part.timeSum = naive.timeSum;
    part.idleInside = naive.idleInside;
    join(sum, part);
  }

  template <class Visit>
  void eachFinding(const std::vector<std::string> &rules, Visit visit) const {
    for (const auto *findings : {&analysis_.findings, &analysis_.notWorth, &analysis_.unresolved})
      for (const Finding &finding : *findings)
        if (std::any_of(rules.begin(), rules.end(),
                        [&](const std::string &rule) { return namesRule(rule, finding.rule); }))
          visit(finding);
  }

  bool anyEstimate(const std::vector<std::string> &rules) const {
    bool any = false;
    eachFinding(rules, [&](const Finding &finding) { any = any || finding.gain.estimate; });
    return any;
  }

  void addFindings(const std::vector<std::string> &rules, CasePrediction &sum) const {
    const double step = static_cast<double>(analysis_.steps.duration.count) * 1e-6;
    std::string why = fmt::format("No finding of {} in this run.", fmt::join(rules, ", "));
    bool any = false, missing = false;
    eachFinding(rules, [&](const Finding &finding) {
      if (!finding.gain.estimate) {
        if (!any) why = finding.gain.whyNone;
        missing = true;
        return;
      }
      any = true;
      const Gain::Estimate &estimate = *finding.gain.estimate;
      CasePrediction part;
      const double scale = estimate.ms != 0 ? estimate.share / estimate.ms : 0;
      part.gain = estimate.share;
      part.low = scale != 0 ? estimate.lowMs * scale : estimate.share;
      part.high = scale != 0 ? estimate.highMs * scale : estimate.share;
      part.trust = estimate.trust;
      part.bound = estimate.bound;
      part.belowResolution = estimate.belowResolution;
      if (step > 0) part.timeSum = finding.hostTime.milliseconds() / step;
      if (step > 0 && finding.device) part.idleInside = finding.device->idle.milliseconds() / step;
      join(sum, part);
    });
    if (!any)
      sum.abstained = why;
    else if (missing)
      sum.bound = "lower"; // a finding without a prediction gives something too
  }

  // No replay without a GPU: the host time of the findings is what there is.
  void addHostTime(const std::vector<std::string> &rules, CasePrediction &sum) const {
    const HostGain host = hostGain(analysis_, rules);
    sum.abstained = host.whyNone;
    if (!sum.abstained.empty()) return;
    CasePrediction part;
    part.gain = host.gain;
    part.low = host.low;
    part.high = host.high;
    part.trust = host.modelled ? "low" : "medium";
    part.belowResolution = host.low <= 0;
    // What an optimizer saves when the parameters of all experts are one is not counted.
    if (std::find(rules.begin(), rules.end(), "HL104") != rules.end()) part.bound = "lower";
    const auto step = static_cast<double>(analysis_.steps.duration.count);
    eachFinding(rules, [&](const Finding &finding) {
      part.timeSum += static_cast<double>(finding.hostTime.count) / step;
    });
    join(sum, part);
  }

  Result<void> addHostDelays(const Wanted &wanted, CasePrediction &sum) const {
    for (const std::string &text : wanted.delays) {
      HOTLOOP_ASSIGN(const WantedDelay delay, delayOf(text));
      const auto step = static_cast<double>(whatIf_.unprofiled() ? whatIf_.unprofiled()->count
                                                                 : analysis_.steps.duration.count);
      const double times = rangesPerStep(trace_, steps_, delay.place);
      if (times == 0 || !(step > 0)) {
        sum.abstained =
            fmt::format("No range \"{}\" begins in the steady steps of this run.", delay.place);
        return {};
      }
      CasePrediction part;
      part.gain = -delay.ns * times / step;
      part.low = part.gain * 1.1 - 0.02;
      part.high = part.gain * 0.9 + 0.02;
      part.trust = "high";
      part.timeSum = part.gain;
      join(sum, part);
    }
    return {};
  }

  const TraceView &trace_;
  const Steps &steps_;
  const Analysis &analysis_;
  const WhatIf &whatIf_;
  std::vector<Toggle> toggles_;
};

} // namespace

Result<void> predictProgram(const TraceView &trace, const SuiteProgram &suite,
                            const std::optional<MachineProfile> &profile, ProvedProgram &program) {
  AnalysisOptions options;
  WhatIfOptions how;
  how.profile = options.profile = profile;
  if (program.unprofiledMs > 0)
    how.unprofiled = options.unprofiled =
        Nanoseconds(static_cast<std::int64_t>(program.unprofiledMs * 1e6));
  HOTLOOP_ASSIGN(const Analysis analysis, analyze(trace, options));
  const Steps &steps = analysis.stepTable;
  const WhatIf whatIf(trace, steps, how);
  program.device = trace.hasDeviceRecords();
  program.steadySteps = analysis.steps.steady;
  program.recordedMs = analysis.steps.duration.milliseconds();
  if (whatIf.whyNone().empty()) {
    program.recordedMs = whatIf.baseline().recordedMs;
    program.replayError = whatIf.baseline().error;
    program.hostBound = whatIf.baseline().hostBound;
  }
  if (!steps.whyNone.empty()) program.failure = steps.whyNone;
  const Predictor predictor(trace, steps, analysis, whatIf);
  for (const SuiteCase &one : suite.cases) {
    ProvedCase proved;
    proved.name = one.name;
    proved.fixClass = one.fixClass;
    proved.good = one.compare;
    if (!one.good.empty()) proved.good = fmt::format("{}", fmt::join(one.good, " "));
    HOTLOOP_ASSIGN(proved.prediction, predictor.predict(one));
    program.cases.push_back(std::move(proved));
  }
  return {};
}

} // namespace hotloop::cli
