#include "cli/commands/selftest_gate_command.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzers/gate/counter_check.h"
#include "cli/arguments/common_flags.h"
#include "cli/gate/baseline_file.h"
#include "cli/gate/check_session.h"
#include "cli/gate/injection.h"
#include "cli/gate/pair_session.h"
#include "cli/gate/subprocess.h"
#include "cli/gate/suite.h"
#include "cli/run_source.h"
#include "core/report/json_parts.h"

namespace hotloop::cli {

namespace {

struct Trial {
  std::string what;   // "one host sync"
  std::string wanted; // "fail" or "pass"
  bool proven = false;
  bool undecided = false; // noise
  std::string told;
};

struct Session {
  const CommandContext &context;
  const GateConfig &config;
  const GatePolicy &policy;
  ResolvedBaseline baseline;
  StepChoice steps;
};

// The whole way from the trace to the verdict, as check goes it.
Trial judge(const Session &session, const TraceView &trace, const std::string &what, bool mustFail,
            const std::string &counter) {
  LoadedProfile loaded;
  loaded.profile = profileRun(trace, session.steps);
  GateReport report = checkProfile(loaded, &session.baseline, session.policy, session.config);
  concludeGate(report, false);
  Trial trial{what, mustFail ? "fail" : "pass", false, false, {}};
  if (!mustFail) {
    trial.proven = report.exit.code == 0;
    trial.told = report.exit.reason;
    for (const GateRow &row : report.rows)
      if (!trial.proven && (row.status == GateStatus::kFail || row.status == GateStatus::kError)) {
        trial.told = row.message;
        break;
      }
    return trial;
  }
  // It must fail for the right reason, at the right place.
  for (const GateRow &row : report.rows)
    if (row.status == GateStatus::kFail && row.counter == counter &&
        row.site.function == "injected") {
      trial.proven = report.exit.code == 1;
      trial.told = row.verdict + " " + row.message;
    }
  if (!trial.proven && trial.told.empty())
    trial.told = "the gate does not fail for " + counterTitle(counter) +
                 ": look at fail_on, budgets and allow entries (hotloop check --show-config)";
  return trial;
}

Trial timeTrial(const std::vector<double> &pairs, double added, const PairedRule &rule) {
  std::vector<double> slower = pairs;
  for (double &one : slower) one += std::log1p(added);
  const PairedVerdict verdict = judgePairs(slower, rule);
  Trial trial{fmt::format("{:.0f} % slower steps", added * 100), "fail", false, false, {}};
  trial.proven = verdict.answer == PairedAnswer::kFail;
  trial.undecided =
      verdict.answer == PairedAnswer::kInconclusive || verdict.answer == PairedAnswer::kContinue;
  trial.told = fmt::format(
      "{:+.1f} % [{:+.1f}, {:+.1f}] over {} pairs{}", verdict.change * 100, verdict.low * 100,
      verdict.high * 100, verdict.pairs,
      trial.undecided ? fmt::format("; about {} more pairs, or a quieter machine, would decide",
                                    verdict.morePairs)
                      : "");
  return trial;
}

Result<int> run(const CommandContext &context) {
  HOTLOOP_ASSIGN(const GateConfig config, loadGateConfig(context));
  HOTLOOP_ASSIGN(const GatePolicy policy, policyOf(context, config));
  HOTLOOP_ASSIGN(const Suite *suite, usedSuite(context, config));
  const std::vector<std::string> command = suite ? suite->command : context.arguments.trailing;
  const StepChoice steps = chosenSteps(context, suite ? suite->steps : StepChoice());
  std::string runFile = context.arguments.text("run");
  if (command.empty() && runFile.empty())
    return Unexpected(invalidInput(
        "hotloop selftest-gate: give --run RUN, or a program: hotloop selftest-gate -- PROGRAM"));
  HOTLOOP_ASSIGN(const PairOptions options, pairOptions(config, context.arguments.text("runs")));
  HOTLOOP_ASSIGN(Measurer measurer, Measurer::create(context, config.get("max_time")));
  if (runFile.empty()) {
    runFile = measurer.folder() + "/candidate.hotloop";
    SubprocessOptions quiet;
    quiet.quiet = true;
    std::vector<std::string> record{
        context.surroundings.executable.empty() ? "hotloop" : context.surroundings.executable,
        "record",
        "-q",
        "-f",
        "-o",
        runFile,
        "--"};
    record.insert(record.end(), command.begin(), command.end());
    HOTLOOP_ASSIGN(const SubprocessOutcome outcome, runSubprocess(record, quiet));
    if (outcome.exitCode != 0)
      return Unexpected(nothingMeasured(fmt::format("the program failed with exit code {}: {}",
                                                    outcome.exitCode, shellCommand(command))));
  }
  HOTLOOP_ASSIGN(const TraceView trace, openTrace(context, runFile));
  const RunProfile profile = profileRun(trace, steps);
  if (profile.durations.empty())
    return Unexpected(nothingMeasured(runFile + " has no steady steps: " + profile.whyNone));
  auto resolved = resolveBaseline(config.get("baseline"), "main", baselineFolder(config.file),
                                  profile.fingerprint.deviceClass);
  std::string note;
  if (!resolved) {
    if (resolved.error().kind != ErrorKind::kNothingMeasured) return Unexpected(resolved.error());
    note = "there is no baseline yet; this run stands for it";
    HOTLOOP_ASSIGN(Baseline learned, learnBaseline({profile}));
    learned.name = "this run";
    learned.saved = utcNow();
    resolved = ResolvedBaseline{std::move(learned), ""};
  }
  const Session session{context, config, policy, *resolved, steps};
  std::vector<Trial> trials;
  trials.push_back(judge(session, trace, "nothing", false, ""));
  const std::pair<Injected, std::pair<const char *, const char *>> kKinds[] = {
      {Injected::kSync, {"one host sync", "host_syncs"}},
      {Injected::kLaunch, {"one launch", "launches"}},
      {Injected::kAllocation, {"one allocation", "allocations"}}};
  for (const auto &[kind, names] : kKinds) {
    HOTLOOP_ASSIGN(const TraceView changed, withInjection(trace, kind));
    trials.push_back(judge(session, changed, names.first, true, names.second));
  }
  if (!command.empty() && !context.arguments.has("no-time")) {
    const MeasuredProgram same{"same", command, "", steps};
    // All pairs: the same data then serves the unchanged and the slowed program.
    std::vector<double> pairs;
    for (int pair = 0; pair < options.looks.back() && !measurer.timeIsUp(); ++pair) {
      double sides[2] = {};
      for (const int turn : {0, 1}) {
        HOTLOOP_ASSIGN(
            const LoadedProfile loaded,
            measurer.run(same, fmt::format("pair {} of {}", pair + 1, options.looks.back())));
        sides[turn] = std::log(bodyOf(stepLengths(loaded.profile)));
      }
      pairs.push_back(baseFirst(pair) ? sides[1] - sides[0] : sides[0] - sides[1]);
    }
    Trial aa = timeTrial(pairs, 0, options.times[0].rule);
    aa.what = "the same program twice";
    aa.wanted = "not fail";
    aa.proven = judgePairs(pairs, options.times[0].rule).answer != PairedAnswer::kFail;
    aa.undecided = false;
    trials.push_back(aa);
    trials.push_back(timeTrial(pairs, options.times[0].rule.effect, options.times[0].rule));
  } else {
    note += std::string(note.empty() ? "" : "; ") +
            (context.arguments.has("no-time")
                 ? "time was not tried: --no-time"
                 : "time was not tried: it needs the program (-- PROGRAM)");
  }
  bool missed = false, undecided = false;
  for (const Trial &trial : trials) {
    missed = missed || (!trial.proven && !trial.undecided);
    undecided = undecided || trial.undecided;
  }
  const int code = missed ? kExitDiffers : undecided ? kExitInconclusive : kExitOk;
  if (context.format() == "json") {
    Json rows = Json::array();
    for (const Trial &trial : trials)
      rows.push_back({{"injected", trial.what},
                      {"wanted", trial.wanted},
                      {"proven", trial.proven},
                      {"undecided", trial.undecided},
                      {"told", trial.told}});
    HOTLOOP_TRY(context.emit(dumpJson({{"schema", "hotloop.selftest-gate/1"},
                                       {"run", runFile},
                                       {"baseline", session.baseline.baseline.name},
                                       {"trials", std::move(rows)},
                                       {"note", note.empty() ? Json(nullptr) : Json(note)},
                                       {"exit",
                                        {{"code", code},
                                         {"reason", missed      ? "gate-missed"
                                                    : undecided ? "inconclusive"
                                                                : "ok"}}}})));
    return code;
  }
  std::string out = context.style.bold("hotloop selftest-gate") + "\n";
  for (const Trial &trial : trials)
    out += fmt::format("{}  {:<26} must {:<9} {}\n",
                       trial.proven      ? context.style.better("ok    ")
                       : trial.undecided ? context.style.unsure("unsure")
                                         : context.style.worse("MISSED"),
                       trial.what, trial.wanted, trial.told);
  if (!note.empty()) out += "note: " + note + "\n";
  out += missed      ? "the gate does not see what it should\n"
         : undecided ? "counters are proven; this machine is too noisy for the time rule now\n"
                     : "the gate sees every injected regression\n";
  HOTLOOP_TRY(context.emit(out));
  return code;
}

} // namespace

Command selftestGateCommand() {
  std::vector<FlagSpec> flags = measureFlags();
  flags.push_back({"config", 0, FlagValue::kFile, "FILE", {}, false});
  flags.push_back({"baseline", 0, FlagValue::kText, "NAME|FILE|git:REF", {}, false});
  flags.push_back({"run", 0, FlagValue::kFile, "RUN", {}, false});
  flags.push_back({"suite", 0, FlagValue::kText, "NAME", {}, false});
  flags.push_back({"runs", 'r', FlagValue::kText, "N|MIN..MAX", {}, false});
  flags.push_back({"effect", 0, FlagValue::kText, "PERCENT", {}, false});
  flags.push_back({"fail-on", 0, FlagValue::kText, "COUNTERS", {}, true});
  flags.push_back({"no-time", 0, FlagValue::kNone, {}, {}, false});
  for (const FlagSpec &flag :
       {formatFlag("text|json"), kJsonFlag, kOutputFlag, kForceFlag, kWarmupFlag, kStepsFlag})
    flags.push_back(flag);
  return {"selftest-gate",
          "prove that the configured gate fails: inject a sync, a launch, an allocation, 5 % time",
          {flags, {{"PROGRAM [ARGUMENTS]", false, true, true, {}}}, Trailing::kProgram},
          run};
}

} // namespace hotloop::cli
