#include "cli/commands/ab_command.h"

#include <filesystem>

#include <fmt/format.h>

#include "analyzers/gate/counter_check.h"
#include "cli/arguments/common_flags.h"
#include "cli/gate/baseline_file.h"
#include "cli/gate/calibration.h"
#include "cli/gate/check_session.h"
#include "cli/gate/pair_session.h"
#include "cli/gate/run_history.h"
#include "cli/gate/subprocess.h"
#include "cli/gate/suite.h"
#include "cli/run_source.h"

namespace hotloop::cli {

namespace {

struct Sides {
  MeasuredProgram base, candidate;
  std::string label;
};

Result<Sides> sidesOf(const CommandContext &context, const GateConfig &config) {
  Sides sides;
  const Arguments &arguments = context.arguments;
  if (arguments.has("base-ref")) {
    if (arguments.has("base") || arguments.has("cand"))
      return Unexpected(
          invalidInput("hotloop ab: --base-ref and --base or --cand exclude each other"));
    HOTLOOP_ASSIGN(const Suite *suite, usedSuite(context, config));
    if (suite == nullptr && arguments.trailing.empty())
      return Unexpected(
          invalidInput("hotloop ab: what to run is missing: give --base CMD --cand CMD, "
                       "or --base-ref REF -- PROGRAM"));
    const std::vector<std::string> command = suite ? suite->command : arguments.trailing;
    const StepChoice steps = chosenSteps(context, suite ? suite->steps : StepChoice());
    std::string build = arguments.text("build");
    for (const Suite &one : config.suites)
      if (build.empty() && one.name == arguments.text("suite", one.name)) build = one.build;
    const std::string ref = arguments.text("base-ref");
    HOTLOOP_ASSIGN(const BuiltCommit base, buildCommit(context, ref, build));
    // The candidate is what lies here, built the same way.
    const std::string top = gitLine({"rev-parse", "--show-toplevel"});
    if (!build.empty()) {
      SubprocessOptions options;
      options.folder = top;
      HOTLOOP_ASSIGN(const SubprocessOutcome built,
                     runSubprocess({"/bin/sh", "-c", build + " 1>&2"}, options));
      if (built.exitCode != 0)
        return Unexpected(nothingMeasured(fmt::format(
            "building the candidate failed with exit code {} ({})", built.exitCode, build)));
    }
    std::error_code ignored;
    const auto inside =
        std::filesystem::relative(std::filesystem::current_path(ignored), top, ignored);
    sides.base = {"base", command, base.folder + "/" + inside.string(), steps};
    sides.candidate = {"candidate", command, "", steps};
    sides.label = fmt::format("{} ({})", ref, base.commit.substr(0, 9));
    return sides;
  }
  if (!arguments.has("base") || !arguments.has("cand"))
    return Unexpected(invalidInput("hotloop ab: two programs are needed: --base CMD --cand CMD, or "
                                   "--base-ref REF -- PROGRAM"));
  HOTLOOP_ASSIGN(sides.base.command, splitCommand(arguments.text("base")));
  HOTLOOP_ASSIGN(sides.candidate.command, splitCommand(arguments.text("cand")));
  if (sides.base.command.empty() || sides.candidate.command.empty())
    return Unexpected(invalidInput("hotloop ab: --base or --cand names no program"));
  sides.base.name = "base";
  sides.candidate.name = "candidate";
  sides.label = arguments.text("base");
  return sides;
}

Result<int> run(const CommandContext &context) {
  HOTLOOP_ASSIGN(GateConfig config, loadGateConfig(context));
  HOTLOOP_TRY(addRegressLimits(context, true, config));
  HOTLOOP_ASSIGN(const GatePolicy policy, policyOf(context, config));
  HOTLOOP_ASSIGN(const PairOptions options, pairOptions(config, context.arguments.text("runs")));
  HOTLOOP_ASSIGN(const Sides sides, sidesOf(context, config));
  HOTLOOP_ASSIGN(Measurer measurer, Measurer::create(context, config.get("max_time")));
  const auto runs = runPairs(measurer, sides.base, sides.candidate, options,
                             [&](const std::string &line) { context.note("hotloop: " + line); });
  GateReport report;
  if (!runs) {
    if (runs.error().kind != ErrorKind::kNothingMeasured) return Unexpected(runs.error());
    report = refusal("HG038", runs.error().message, shellCommand(sides.candidate.command));
  } else if (runs->base.empty()) {
    report = refusal("HG030", "no pair was run before --max-time was over; give more time",
                     shellCommand(sides.candidate.command));
  } else {
    HOTLOOP_TRY(
        rememberRun(context, runs->firstCandidate.profile, shellCommand(sides.candidate.command)));
    // The base of this very machine is the best baseline that counters can have.
    auto learned = learnBaseline(runs->base);
    if (learned) {
      learned->name = sides.label;
      learned->saved = utcNow();
      const ResolvedBaseline baseline{*learned, ""};
      report = checkProfile(runs->firstCandidate, &baseline, policy, config);
      report.notes.clear();
    } else {
      report = refusal("HG032", learned.error().message, "");
    }
    report.run.file = shellCommand(sides.candidate.command);
    report.baseline = sides.label;
    reportPairs(*runs, options, measurer.timeIsUp(), report);
    if (const auto known = loadCalibration(context);
        known && options.times[0].rule.effect < 2 * known->floor)
      report.notes.push_back(fmt::format("effect {:.1f} % is below twice the noise floor of this "
                                         "machine ({:.1f} %, calibrated {}); "
                                         "expect inconclusive answers",
                                         options.times[0].rule.effect * 100, known->floor * 100,
                                         known->saved.substr(0, 10)));
  }
  report.command = "ab";
  concludeGate(report, config.get("on_inconclusive") == "fail");
  HOTLOOP_TRY(emitGate(context, report));
  return report.exit.code;
}

} // namespace

Command abCommand() {
  std::vector<FlagSpec> flags = gateFlags();
  std::erase_if(flags, [](const FlagSpec &flag) { return flag.name == "baseline"; });
  for (const FlagSpec &flag : measureFlags()) flags.push_back(flag);
  flags.push_back(kDbFlag);
  flags.push_back({"base", 0, FlagValue::kText, "CMD", {}, false});
  flags.push_back({"cand", 0, FlagValue::kText, "CMD", {}, false});
  flags.push_back({"base-ref", 0, FlagValue::kText, "REF", {}, false});
  flags.push_back({"build", 0, FlagValue::kText, "CMD", {}, false});
  flags.push_back({"max-regress", 0, FlagValue::kText, "METRIC=PERCENT", {}, true});
  flags.push_back({"suite", 0, FlagValue::kText, "NAME", {}, false});
  flags.push_back({"runs", 'r', FlagValue::kText, "N|MIN..MAX", {}, false});
  flags.push_back({"effect", 0, FlagValue::kText, "PERCENT", {}, false});
  flags.push_back({"tail-effect", 0, FlagValue::kText, "PERCENT", {}, false});
  return {"ab",
          "compare two builds by interleaved pairs of runs: counters, time, why",
          {flags, {{"PROGRAM [ARGUMENTS]", false, true, true, {}}}, Trailing::kProgram},
          run};
}

} // namespace hotloop::cli
