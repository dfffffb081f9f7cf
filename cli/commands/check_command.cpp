#include "cli/commands/check_command.h"

#include <filesystem>

#include <fmt/format.h>

#include "analyzers/compare/compare.h"
#include "analyzers/gate/counter_check.h"
#include "cli/arguments/common_flags.h"
#include "cli/gate/baseline_file.h"
#include "cli/gate/check_session.h"
#include "cli/gate/measure.h"
#include "cli/gate/run_history.h"
#include "cli/gate/subprocess.h"
#include "cli/gate/suite.h"
#include "cli/gate/text_file.h"
#include "cli/run_source.h"
#include "core/report/gate_writers.h"

namespace hotloop::cli {

namespace {

// A run file, or a trace of another tool.
bool isRunFile(const std::string &path) {
  std::error_code ignored;
  return !path.ends_with(".toml") && std::filesystem::is_regular_file(path, ignored);
}

// Another run in place of a baseline: learned on the spot, so provisional.
Result<ResolvedBaseline> baselineFromRun(const CommandContext &context, const std::string &path) {
  HOTLOOP_ASSIGN(const LoadedProfile loaded, loadProfile(context, path, chosenSteps(context)));
  HOTLOOP_ASSIGN(Baseline baseline, learnBaseline({loaded.profile}));
  baseline.name = path;
  return ResolvedBaseline{std::move(baseline), path};
}

Result<int> finish(const CommandContext &context, GateReport &report, const GateConfig &config) {
  concludeGate(report, config.get("on_inconclusive") == "fail");
  HOTLOOP_TRY(emitGate(context, report));
  return report.exit.code;
}

// The program of [suite.NAME], recorded now.
Result<LoadedProfile> recordSuite(const CommandContext &context, const GateConfig &config) {
  HOTLOOP_ASSIGN(const Suite *suite, usedSuite(context, config));
  if (suite == nullptr)
    return Unexpected(invalidInput("hotloop check: RUN is missing: hotloop check RUN (record one "
                                   "with hotloop record), or name the program "
                                   "in [suite.NAME] of hotloop.toml"));
  HOTLOOP_ASSIGN(Measurer measurer, Measurer::create(context, "0"));
  HOTLOOP_ASSIGN(LoadedProfile loaded,
                 measurer.run({suite->name, suite->command, "", chosenSteps(context, suite->steps)},
                              "recording suite " + suite->name));
  loaded.run.file = "suite " + suite->name;
  return loaded;
}

Result<int> bootstrap(const CommandContext &context, const LoadedProfile &loaded,
                      const std::string &name, const std::string &folder) {
  HOTLOOP_ASSIGN(Baseline baseline, learnBaseline({loaded.profile}));
  baseline.name = name;
  baseline.saved = utcNow();
  baseline.tool = HOTLOOP_VERSION;
  baseline.commit = gitLine({"rev-parse", "HEAD"});
  const std::string path = baselinePath(folder, name, baseline.fingerprint.deviceClass);
  HOTLOOP_TRY(writeBaseline(path, baseline));
  context.note(
      fmt::format("hotloop: there was no baseline; {} was learned from this run ({} counters, "
                  "provisional)\nnext: git add {}",
                  path, baseline.counters.size(), path));
  return kExitOk;
}

Result<int> run(const CommandContext &context) {
  HOTLOOP_ASSIGN(GateConfig config, loadGateConfig(context));
  HOTLOOP_TRY(addRegressLimits(context, false, config));
  if (context.arguments.has("show-config")) {
    HOTLOOP_TRY(context.emit(showGateConfig(config)));
    return kExitOk;
  }
  HOTLOOP_ASSIGN(const GatePolicy policy, policyOf(context, config));
  const bool record = context.arguments.positionals.empty();
  const std::string file = record ? "suite" : context.arguments.positionals[0];
  // A report that ab wrote: its verdicts stand; this writes them in other formats.
  if (file.ends_with(".json")) {
    HOTLOOP_ASSIGN(const std::string text, readTextFile(file));
    if (isGateJson(text)) {
      HOTLOOP_ASSIGN(GateReport report, readGateJson(text, file));
      return finish(context, report, config);
    }
  }
  const std::string folder = baselineFolder(config.file);
  auto read =
      record ? recordSuite(context, config) : loadProfile(context, file, chosenSteps(context));
  if (!read && record && read.error().kind == ErrorKind::kNothingMeasured) {
    GateReport report = refusal("HG038", read.error().message, "suite");
    return finish(context, report, config);
  }
  if (!read) return Unexpected(read.error());
  LoadedProfile loaded = std::move(*read);
  const std::string &wanted = config.get("baseline");
  const auto resolved = isRunFile(wanted) ? baselineFromRun(context, wanted)
                                          : resolveBaseline(wanted, "main", folder,
                                                            loaded.profile.fingerprint.deviceClass);
  if (!resolved && resolved.error().kind != ErrorKind::kNothingMeasured)
    return Unexpected(resolved.error());
  if (!resolved && context.arguments.has("bootstrap") && checkRun(loaded.profile, policy).empty()) {
    if (!checkBaselineName(wanted))
      return Unexpected(
          invalidInput("--bootstrap needs a NAME for --baseline, not a file or a ref"));
    return bootstrap(context, loaded, wanted, folder);
  }
  HOTLOOP_TRY(rememberRun(context, loaded.profile, file));
  GateReport report = checkProfile(loaded, resolved ? &*resolved : nullptr, policy, config);
  if (resolved && isRunFile(wanted)) {
    // One run each: where the time went, without a verdict on it.
    HOTLOOP_ASSIGN(const LoadedProfile before, loadProfile(context, wanted, chosenSteps(context)));
    const TimeComparison comparison = compareTimes(before.profile, loaded.profile);
    report.stepDeltaMs = comparison.deltaMs();
    report.causes = causesOf(comparison);
    explainShares(report);
    report.notes.push_back(
        "the change of the step's time is shown without a verdict: one run each says nothing "
        "about the spread between runs");
  }
  if (!resolved) {
    GateReport why = refusal("HG033", resolved.error().message, file);
    if (config.get("on_missing") == "warn") why.rows[0].status = GateStatus::kWarn;
    report.rows.push_back(why.rows[0]);
  }
  concludeGate(report, false);
  if (resolved && isRunFile(wanted)) // nothing to accept into
    report.next = report.exit.code == 1
                      ? "hotloop diff " + shellQuoted(wanted) + " " + shellQuoted(file)
                      : "";
  else if (report.exit.code == 1)
    report.next = "hotloop baseline accept " + shellQuoted(file) +
                  (wanted == "main" ? "" : " --baseline " + shellQuoted(wanted)) +
                  " --reason '...'   if it is meant";
  else if (report.count(GateStatus::kImproved) > 0 && config.get("ratchet") == "true")
    report.next = "hotloop baseline accept " + shellQuoted(file) +
                  " --reason '...'   so that it cannot come back";
  return finish(context, report, config);
}

} // namespace

Command checkCommand() {
  std::vector<FlagSpec> flags = gateFlags();
  flags.push_back({"bootstrap", 0, FlagValue::kNone, {}, {}, false});
  flags.push_back(kDbFlag);
  flags.push_back({"max-regress", 0, FlagValue::kText, "METRIC=PERCENT", {}, true});
  flags.push_back({"suite", 0, FlagValue::kText, "NAME", {}, false});
  flags.push_back({"show-config", 0, FlagValue::kNone, {}, {}, false});
  return {"check",
          "the gate: judge a run against a baseline and budgets",
          {flags, {{"RUN", false, false, true, {}}}},
          run};
}

} // namespace hotloop::cli
