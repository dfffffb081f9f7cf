#include "analyzers/rules/rule_runner.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <tuple>

#include <fmt/format.h>

namespace hotloop {

namespace {

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

void take(std::vector<RuleFinding> &from, const Rule &rule, const RuleInput &input,
          std::vector<Finding> &into, Analysis &analysis) {
  for (RuleFinding &found : from) {
    Finding &finding = found.finding;
    if (finding.rule.empty()) finding.rule = rule.id;
    if (!finding.gain.estimate && finding.gain.whyNone.empty())
      finding.gain.whyNone = whyNoGain(input.trace);
    const std::string defect = defectOf(input.trace, finding);
    if (defect.empty())
      into.push_back(std::move(finding));
    else
      analysis.notChecked.push_back(
          {std::string(rule.id),
           "A finding was dropped because the rule made it badly: " + defect});
  }
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
    return std::tuple(!measured, measured ? -static_cast<double>(f.hostTime.count) : -f.perStep,
                      -f.hostTime.count, f.rule, f.variant, f.site.file, f.site.line,
                      f.site.function, f.site.rangePath);
  };
  return key(a) < key(b);
}

std::string whyNoGain(const TraceView &trace) {
  if (trace.hasDeviceRecords())
    return "The replay engine that predicts gains is not part of this version.";
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

void runRules(std::span<const Rule> rules, const AnalysisOptions &options, const RuleInput &input,
              std::vector<std::uint8_t> &claimedOps, std::vector<std::uint8_t> &claimedAllocations,
              Analysis &analysis) {
  for (const Rule &rule : rules) {
    const std::string id(rule.id);
    if ((!options.onlyRules.empty() && !contains(options.onlyRules, id)) ||
        contains(options.skipRules, id)) {
      analysis.notChecked.push_back({id, "Switched off for this analysis."});
      continue;
    }
    const auto begin = std::chrono::steady_clock::now();
    RuleOutcome outcome = rule.run(input);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    analysis.ruleMilliseconds.emplace_back(id, took.count());
    if (!outcome.notChecked.empty()) analysis.notChecked.push_back({id, outcome.notChecked});
    for (const RuleFinding &found : outcome.findings) {
      for (const std::uint32_t row : found.ops) claimedOps[row] = 1;
      for (const std::uint32_t row : found.allocations) claimedAllocations[row] = 1;
    }
    take(outcome.findings, rule, input, analysis.findings, analysis);
    take(outcome.notWorth, rule, input, analysis.notWorth, analysis);
  }
  std::ranges::sort(analysis.findings, ranksBefore);
  std::ranges::sort(analysis.notWorth, ranksBefore);
}

} // namespace hotloop
