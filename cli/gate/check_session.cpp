#include "cli/gate/check_session.h"

#include <algorithm>

#include <fmt/format.h>

#include "analyzers/gate/counter_check.h"
#include "cli/arguments/common_flags.h"
#include "cli/arguments/suggest.h"
#include "cli/gate/baseline_file.h"
#include "cli/gate/subprocess.h"

namespace hotloop::cli {

namespace {

// RULE@GLOB: for this run only, so it needs no end.
Result<AllowEntry> allowOf(const std::string &word) {
  const std::size_t at = word.find('@');
  AllowEntry entry;
  std::string rule = word.substr(0, at);
  if (!rule.empty() && !counterOfAlias(rule).empty()) rule = verdictOf(counterOfAlias(rule));
  if (at == std::string::npos || at + 1 == word.size() ||
      (!rule.empty() && verdictTitle(rule).empty()))
    return Unexpected(invalidInput(
        fmt::format("--allow cannot be '{}'; write RULE@SITE, like HG001@train.py:checkpoint{}",
                    word, at == std::string::npos ? "" : didYouMean(rule, verdictIds()))));
  entry.rule = rule;
  entry.site = word.substr(at + 1);
  entry.reason = "--allow " + word;
  return entry;
}

} // namespace

std::vector<FlagSpec> gateFlags() {
  return {
      {"config", 0, FlagValue::kFile, "FILE", {}, false},
      {"baseline", 0, FlagValue::kText, "NAME|FILE|git:REF", {}, false},
      {"fail-on", 0, FlagValue::kText, "COUNTERS", {}, true},
      {"exact", 0, FlagValue::kText, "COUNTERS", {}, true},
      {"allow", 0, FlagValue::kText, "RULE@SITE", {}, true},
      {"on-missing", 0, FlagValue::kChoice, "fail|warn", {}, false},
      {"on-mismatch", 0, FlagValue::kChoice, "error|warn", {}, false},
      {"on-data-loss", 0, FlagValue::kChoice, "fail|warn", {}, false},
      {"on-inconclusive", 0, FlagValue::kChoice, "pass|warn|fail", {}, false},
      {"single-steps", 0, FlagValue::kChoice, "warn|fail", {}, false},
      {"report", 0, FlagValue::kText, "FORMAT[=FILE]", {}, true},
      kFilterFlag,
      kPhaseFlag,
      kKernelFlag,
      kTimeUnitFlag,
      formatFlag(kGateFormats),
      kJsonFlag,
      kOutputFlag,
      kForceFlag,
      kLimitFlag,
      kWarmupFlag,
      kStepsFlag,
  };
}

Result<GatePolicy> policyOf(const CommandContext &context, const GateConfig &config) {
  HOTLOOP_TRY(checkReportFlags(context));
  GatePolicy policy;
  policy.budgets = config.budgets;
  policy.allows = config.allows;
  for (const std::string &word : context.arguments.list("allow")) {
    HOTLOOP_ASSIGN(AllowEntry entry, allowOf(word));
    policy.allows.push_back(std::move(entry));
  }
  const auto add = [&](const std::string &name) {
    if (name == "new-sync")
      policy.failOn.emplace_back("host_syncs");
    else if (const std::string_view counter = counterOfAlias(name); !counter.empty()) {
      policy.failOn.emplace_back(counter);
      // One word for what belongs together.
      if (counter == "launches")
        policy.failOn.insert(policy.failOn.end(), {"graph_launches", "kernels"});
      if (counter == "allocated_bytes")
        policy.failOn.insert(policy.failOn.end(),
                             {"h2d_bytes", "d2h_bytes", "d2d_bytes", "peak_bytes", "kept_bytes"});
    } else if (name == "time")
      policy.failOn.emplace_back("time");
  };
  const std::string &failOn = config.get("fail_on");
  for (std::size_t begin = 0; begin < failOn.size();) {
    const std::size_t end = std::min(failOn.find(',', begin), failOn.size());
    add(failOn.substr(begin, end - begin));
    begin = end + 1;
  }
  const auto exact = context.arguments.list("exact");
  if (!exact.empty() && policy.failOn.empty())
    for (const std::string_view alias : counterAliases())
      if (alias != "operators") add(std::string(alias));
  for (const std::string &name : exact) {
    if (counterOfAlias(name).empty())
      return Unexpected(invalidInput(fmt::format("--exact cannot be '{}' (one of {}){}", name,
                                                 fmt::join(counterAliases(), ", "),
                                                 didYouMean(name, counterAliases()))));
    add(name);
  }
  policy.oddStepsFail = config.get("single_steps") == "fail";
  policy.mismatchWarns = config.get("on_mismatch") == "warn";
  policy.lossWarns = config.get("on_data_loss") == "warn";
  policy.today = utcNow().substr(0, 10);
  return policy;
}

// Slow drift hides in a baseline that is never saved anew.
std::vector<GateRow> oldBaseline(const Baseline &baseline, const GateConfig &config) {
  std::vector<GateRow> rows;
  const auto warn = [&](std::string message) {
    rows.push_back(runRow("HG035", GateStatus::kWarn, std::move(message)));
  };
  const int days = daysSince(baseline.saved);
  const int stale = std::atoi(config.get("stale_days").c_str());
  if (stale > 0 && days > stale)
    warn(fmt::format(
        "the baseline is {} days old; save it anew so that slow drift cannot hide in it", days));
  const int most = std::atoi(config.get("stale_commits").c_str());
  if (most <= 0 || baseline.commit.empty()) return rows;
  const std::string count =
      gitLine({"rev-list", "--count", baseline.commit.substr(0, 40) + "..HEAD"});
  if (!count.empty() && std::atoi(count.c_str()) > most)
    warn(fmt::format("the baseline is {} commits old; save it anew", count));
  return rows;
}

GateReport checkProfile(const LoadedProfile &loaded, const ResolvedBaseline *baseline,
                        const GatePolicy &policy, const GateConfig &config) {
  GateReport report;
  const RunProfile &run = loaded.profile;
  report.run = loaded.run;
  report.steps = loaded.steps;
  report.quality = loaded.quality;
  report.deviceClass = run.fingerprint.deviceClass;
  report.commit = run.commit;
  report.rows = checkRun(run, policy);
  const auto add = [&](std::vector<GateRow> rows) {
    report.rows.insert(report.rows.end(), std::make_move_iterator(rows.begin()),
                       std::make_move_iterator(rows.end()));
  };
  if (baseline != nullptr) {
    const Baseline &base = baseline->baseline;
    std::string about;
    if (!base.commit.empty()) about += base.commit.substr(0, 9) + ", ";
    if (const int days = daysSince(base.saved); days >= 0)
      about += days == 0 ? "today, " : fmt::format("{} days old, ", days);
    about += fmt::format("{} run{}", base.runs, base.runs == 1 ? "" : "s");
    report.baseline = fmt::format("baseline {} ({})", base.name, about);
    report.baselineFile = baseline->file;
    report.provisional = base.provisional();
    if (!run.durations.empty()) {
      const auto world = checkWorld(base, run, policy);
      const bool refused = std::ranges::any_of(world, [](const GateRow &row) {
        return row.status == GateStatus::kError && row.verdict == "HG032";
      });
      add(world);
      // Counters that mean different things say nothing beside each other.
      if (!refused) add(checkCounters(base, run, policy));
      std::vector<std::string> also;
      countDifferences(base.fingerprint, run.fingerprint, &also);
      for (const std::string &difference : also) report.notes.push_back("not alike: " + difference);
      if (!base.command.empty() && base.command != run.command)
        report.notes.push_back(
            fmt::format("the baseline was learned from another command: {}", base.command));
      for (const std::string &counter : run.counted)
        if (std::ranges::find(base.counted, counter) == base.counted.end())
          report.notes.push_back(counterTitle(counter) +
                                 " are not in the baseline and were not judged; save it anew");
    }
    add(oldBaseline(base, config));
  }
  if (!run.durations.empty()) add(checkBudgets(run, policy));
  applyAllows(report.rows, run, policy);
  // Operators come before what they cause.
  constexpr std::array<std::string_view, 13> kOrder = {
      "host_syncs",  "launches",        "graph_launches", "kernels",    "copies",
      "allocations", "allocated_bytes", "peak_bytes",     "kept_bytes", "h2d_bytes",
      "d2h_bytes",   "d2d_bytes",       "operators"};
  std::ranges::stable_sort(report.rows, {}, [&](const GateRow &row) {
    return std::ranges::find(kOrder, row.counter) - kOrder.begin();
  });
  return report;
}

GateReport refusal(const std::string &verdict, const std::string &message, const std::string &run) {
  GateReport report;
  report.run.file = run;
  report.rows.push_back(runRow(verdict, GateStatus::kError, message));
  return report;
}

} // namespace hotloop::cli
