#include "analyzers/rules/rule_runner.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

#include "analyzers/rules/fix_edits.h"
#include "analyzers/rules/step_picture.h"
#include "analyzers/steps/lanes.h"
#include "core/base/stop.h"
#include "core/report/report.h"

namespace hotloop {

namespace {

// Occurrences a step: below it the median step has none (or, where a rule counts the mean, fewer
// than half of the steps have one).
constexpr double kUsual = 0.5;

std::size_t rowsOf(const TraceView &trace, std::string_view table) {
  std::size_t rows = 0;
  AllTables::forEach([&]<class Table>() {
    if (Table::kInfo.name == table) rows = rowCount<Table>(trace->columns<Table>());
  });
  return rows;
}

bool contains(const std::vector<std::string> &ids, std::string_view id) {
  return std::ranges::find(ids, id) != ids.end();
}

// docs/rules/hl101_scalar_readback.md
std::string docOf(const Rule &rule) {
  std::string folder = "hl" + std::string(rule.id.substr(2));
  return "docs/rules/" + folder + "_" + std::string(rule.name) + ".md";
}

// CUDA calls inside of the operators that findings explain belong to them, and tell how long the
// host waited and the device then stood still.
void attachCalls(const RuleInput &input, std::vector<RuleFinding> &findings) {
  const DeviceFacts &facts = input.device;
  if (facts.calls() == 0) return;
  std::vector<std::uint32_t> ownerOf;
  for (std::uint32_t i = 0; i < findings.size(); ++i) {
    if (findings[i].ops.empty() || !findings[i].calls.empty()) continue;
    if (ownerOf.empty()) ownerOf.assign(input.ops.size(), kNoIndex);
    for (const std::uint32_t op : findings[i].ops) ownerOf[op] = i;
  }
  if (ownerOf.empty()) return;
  std::vector<std::uint32_t> position(input.steps.all.size(), kNoIndex);
  for (std::uint32_t i = 0; i < input.steps.steady.size(); ++i) position[input.steps.steady[i]] = i;
  std::vector<std::vector<double>> waited(findings.size()), idle(findings.size()),
      worked(findings.size());
  for (std::uint32_t call = 0; call < facts.calls(); ++call) {
    stopPoint(call);
    if (facts.kind[call] == CallKind::kOther || facts.op[call] == kNoIndex) continue;
    const std::uint32_t op = findEnclosing(
        input.ops, facts.op[call], [&](std::uint32_t up) { return ownerOf[up] != kNoIndex; });
    if (op == kNoIndex || !input.steady(facts.step[call])) continue;
    const std::uint32_t owner = ownerOf[op];
    findings[owner].calls.push_back(call);
    if (waited[owner].empty()) {
      for (auto *column : {&waited[owner], &idle[owner], &worked[owner]})
        column->resize(input.steps.steady.size());
    }
    for (std::uint32_t k = 0; k < facts.workCount(call); ++k)
      worked[owner][position[facts.step[call]]] += static_cast<double>(
          facts.work[facts.started[facts.firstWork[call] + k]].duration().count);
    waited[owner][position[facts.step[call]]] += static_cast<double>(facts.waited[call]);
    idle[owner][position[facts.step[call]]] += static_cast<double>(facts.idle[call]);
  }
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (waited[i].empty()) continue;
    const auto ns = [](std::vector<double> values) {
      return Nanoseconds(static_cast<std::int64_t>(medianInPlace(values)));
    };
    findings[i].finding.device = DeviceEvidence{ns(waited[i]), ns(idle[i])};
    findings[i].finding.deviceTime = ns(worked[i]);
  }
}

void claim(const RuleFinding &found, Claims &claims) {
  for (const std::uint32_t row : found.ops) claims.ops[row] = 1;
  for (const std::uint32_t row : found.allocations) claims.allocations[row] = 1;
  for (const std::uint32_t row : found.calls) claims.calls[row] = 1;
}

// Gains decide what is worth a change; sums of times never do. What the replay finds immaterial
// goes to notWorth with its number, what it cannot resolve to `unresolved`.
void weigh(const RuleInput &input, RuleOutcome &outcome, std::vector<RuleFinding> &unresolved) {
  if (input.whatIf == nullptr) return;
  // A rule's own threshold is no reason to hide the number, and a share of the step no reason
  // against a gain: many short kernels may cost the host far more than the device.
  std::vector<RuleFinding> dismissed;
  std::vector<RuleFinding> promoted;
  for (RuleFinding &found : outcome.notWorth) {
    Judgement judgement;
    if (found.finding.perStep >= kUsual && found.fix.kind != FixKind::kNone)
      judgement = judgeByReplay(*input.whatIf, input, found);
    found.finding.gain = std::move(judgement.gain);
    const bool counts = judgement.worth == Worth::kYes && !found.ownWords.empty();
    if (counts) found.finding.mayNotPay = found.ownWords;
    (counts ? promoted : dismissed).push_back(std::move(found));
  }
  outcome.notWorth = std::move(dismissed);
  std::vector<RuleFinding> kept;
  for (RuleFinding &found : outcome.findings) {
    Judgement judgement = judgeByReplay(*input.whatIf, input, found);
    found.finding.gain = std::move(judgement.gain);
    if (!judgement.reason.empty()) found.finding.mayNotPay = std::move(judgement.reason);
    auto &into = judgement.worth == Worth::kNo           ? outcome.notWorth
                 : judgement.worth == Worth::kUnresolved ? unresolved
                                                         : kept;
    into.push_back(std::move(found));
  }
  kept.insert(kept.end(), std::make_move_iterator(promoted.begin()),
              std::make_move_iterator(promoted.end()));
  outcome.findings = std::move(kept);
}

void take(std::vector<RuleFinding> &from, const Rule &rule, const RuleInput &input,
          std::vector<Finding> &into, Analysis &analysis, std::vector<Edit> *edits = nullptr) {
  for (RuleFinding &found : from) {
    Finding &finding = found.finding;
    if (finding.rule.empty()) finding.rule = rule.id;
    if (finding.doc.empty()) finding.doc = docOf(rule);
    if (!finding.gain.estimate && finding.gain.whyNone.empty())
      finding.gain.whyNone = whyNoGain(input.trace, input.whatIf != nullptr);
    const std::string defect = defectOf(input.trace, finding);
    if (defect.empty()) {
      if (edits != nullptr) edits->push_back(editOf(*input.whatIf, input, found));
      into.push_back(std::move(finding));
    } else {
      analysis.notChecked.push_back(
          {std::string(rule.id),
           "A finding was dropped because the rule made it badly: " + defect});
    }
  }
}

template <class T> void arrange(std::vector<T> &items, const std::vector<std::size_t> &order) {
  std::vector<T> arranged;
  for (const std::size_t i : order) arranged.push_back(std::move(items[i]));
  items = std::move(arranged);
}

} // namespace

std::string defectOf(const TraceView &trace, const Finding &finding) {
  if (finding.rule.empty() || finding.title.empty()) return "It has no rule or no title.";
  if (finding.title.ends_with('.')) return "Its title ends with a full stop.";
  if (finding.fix.empty() || finding.mayNotPay.empty() || finding.doc.empty())
    return "It lacks a fix, the reason why it may not pay, or a doc page.";
  if (finding.evidence.empty()) return "It has no evidence.";
  if (!std::isfinite(finding.perStep) || finding.perStep < 0 || finding.hostTime.count < 0)
    return "Its numbers are negative or not finite.";
  if (finding.gain.estimate &&
      (!std::isfinite(finding.gain.estimate->ms) || !std::isfinite(finding.gain.estimate->lowMs) ||
       !std::isfinite(finding.gain.estimate->highMs)))
    return "Its gain is not finite.";
  if (!finding.gain.estimate && finding.gain.whyNone.empty())
    return "It has no gain and does not say why.";
  for (const Evidence &evidence : finding.evidence) {
    const auto rows = static_cast<std::int64_t>(rowsOf(trace, evidence.table));
    if (evidence.row < 1 || evidence.row > rows)
      return fmt::format("Its evidence names row {} of {}, which does not exist.", evidence.row,
                         evidence.table);
  }
  return {};
}

bool ranksBefore(const Finding &a, const Finding &b) {
  const auto key = [](const Finding &f) {
    const bool measured = f.felt == Felt::kMeasured;
    const auto &gain = f.gain.estimate;
    // A bound says less than a number, but more than a sum of times.
    const double most = gain ? 0 : -f.gain.mostMs.value_or(0);
    return std::tuple(!gain, gain ? -gain->ms : 0.0, most, !measured,
                      measured ? -static_cast<double>(f.hostTime.count) : -f.perStep,
                      -f.hostTime.count, f.rule, f.variant, f.site.file, f.site.line,
                      f.site.function, f.site.rangePath);
  };
  return key(a) < key(b);
}

std::string whyNoGain(const TraceView &trace, bool replayed) {
  if (replayed) return "It is below the threshold of its rule, so the replay was not asked.";
  if (trace.hasDeviceRecords()) return "No replay of this run was made.";
  return "This run has no device records; a gain in milliseconds needs the replay of a run on a "
         "GPU.";
}

Result<void> checkRuleIds(std::span<const Rule> rules, const AnalysisOptions &options) {
  for (const auto *ids : {&options.onlyRules, &options.skipRules}) {
    for (const std::string &id : *ids) {
      if (std::ranges::any_of(rules, [&](const Rule &rule) { return rule.id == id; })) continue;
      std::vector<std::string_view> known;
      for (const Rule &rule : rules) known.push_back(rule.id);
      std::ranges::sort(known);
      return Unexpected(invalidInput(
          fmt::format("There is no rule {}; the rules are {}.", id, fmt::join(known, ", "))));
    }
  }
  return {};
}

std::string whyNotChecked(const RuleInput &input, const Rule &rule) {
  const TraceData &trace = *input.trace;
  const auto lacks = [&](Needs need, bool present) { return has(rule.needs, need) && !present; };
  if (lacks(Needs::kOperators, !trace.ops.start.empty())) return "The run has no operator records.";
  if (lacks(Needs::kAllocations, !trace.allocations.start.empty()))
    return "The run has no allocation records.";
  if (lacks(Needs::kCalls, !trace.apis.start.empty())) return "The run has no CUDA calls.";
  if (lacks(Needs::kDevice, input.trace.hasDeviceRecords()))
    return "The run has no device records.";
  if (lacks(Needs::kKernels, !trace.kernels.start.empty())) return "The run has no kernel records.";
  if (lacks(Needs::kCopies, !trace.memcpys.start.empty())) return "The run has no copies.";
  const auto known = [](std::uint8_t kind) { return kind != 0; };
  if (lacks(Needs::kCopyKinds, std::ranges::any_of(trace.memcpys.sourceKind, known) ||
                                   std::ranges::any_of(trace.memcpys.destinationKind, known)))
    return "The run's copies do not tell pageable from pinned memory.";
  const auto sized = [](std::uint32_t count) { return count != 0; };
  if (lacks(Needs::kDeviceSize, std::ranges::any_of(trace.devices.multiprocessors, sized)))
    return "The run does not tell the size of its device.";
  if (input.steps.steady.size() < rule.steadySteps)
    return fmt::format("It takes {} steady steps; the run has {}.", rule.steadySteps,
                       input.steps.steady.size());
  return {};
}

void runRules(std::span<const Rule> rules, const AnalysisOptions &options, const RuleInput &input,
              Claims &claims, Analysis &analysis, std::vector<Edit> *edits) {
  for (const Rule &rule : rules) {
    const std::string id(rule.id);
    if ((!options.onlyRules.empty() && !contains(options.onlyRules, id)) ||
        contains(options.skipRules, id)) {
      analysis.notChecked.push_back({id, std::string(kSwitchedOff)});
      continue;
    }
    if (std::string why = whyNotChecked(input, rule); !why.empty()) {
      analysis.notChecked.push_back({id, std::move(why)});
      continue;
    }
    stopPoint();
    const auto begin = std::chrono::steady_clock::now();
    RuleOutcome outcome = rule.run(input);
    attachCalls(input, outcome.findings);
    // What the replay then finds immaterial is explained all the same: no later rule names it
    // again.
    for (const RuleFinding &found : outcome.findings) claim(found, claims);
    std::vector<RuleFinding> unresolved;
    weigh(input, outcome, unresolved);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    analysis.ruleMilliseconds.emplace_back(id, took.count());
    if (!outcome.notChecked.empty()) analysis.notChecked.push_back({id, outcome.notChecked});
    if (options.pictures)
      for (RuleFinding &found : outcome.findings) found.finding.picture = stepPicture(input, found);
    const auto rest = std::ranges::stable_partition(
        outcome.notWorth, [](const RuleFinding &found) { return found.finding.perStep >= kUsual; });
    std::vector<RuleFinding> seldom(std::make_move_iterator(rest.begin()),
                                    std::make_move_iterator(rest.end()));
    outcome.notWorth.erase(rest.begin(), rest.end());
    take(outcome.findings, rule, input, analysis.findings, analysis, edits);
    take(outcome.notWorth, rule, input, analysis.notWorth, analysis);
    take(unresolved, rule, input, analysis.unresolved, analysis);
    take(seldom, rule, input, analysis.seldom, analysis);
  }
  std::vector<std::size_t> order(analysis.findings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return ranksBefore(analysis.findings[a], analysis.findings[b]);
  });
  arrange(analysis.findings, order);
  if (edits != nullptr) arrange(*edits, order);
  std::ranges::sort(analysis.notWorth, ranksBefore);
  std::ranges::sort(analysis.unresolved, ranksBefore);
  std::ranges::sort(analysis.seldom, ranksBefore);
}

} // namespace hotloop
