#include "cli/commands/record_command.h"

#include <cstring>
#include <filesystem>
#include <ostream>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/arguments/common_flags.h"
#include "cli/program_path.h"
#include "cli/record/default_output.h"
#include "cli/record/measure_t0.h"
#include "cli/record/store_analysis.h"
#include "cli/record/window_flags.h"
#include "cli/status_line.h"
#include "collectors/inject/recorder.h"
#include "core/report/number_format.h"

namespace hotloop::cli {

namespace {

// The recorder gets by with little memory however long the run; the analysis holds all of it. Above
// this, only reports analyse.
constexpr std::uint64_t kAnalysedEvents = 2'000'000;

RecordOptions recordOptions(const Arguments &arguments) {
  RecordOptions options;
  options.command = arguments.trailing;
  options.output =
      arguments.has("output") ? arguments.text("output") : defaultRunFile(options.command);
  options.overwrite = arguments.has("force");
  options.wait = arguments.text("wait", "all") == "primary" ? WaitFor::kPrimary : WaitFor::kAll;
  const std::string stacks = arguments.text("stacks", "needed");
  options.stacks = stacks == "off"        ? StackPolicy::kOff
                   : stacks == "launches" ? StackPolicy::kLaunches
                                          : StackPolicy::kNeeded;
  const std::string detail = arguments.text("detail", "kernel");
  options.detail = detail == "graph" ? CudaDetailLevel::kGraph
                   : detail == "all" ? CudaDetailLevel::kAll
                                     : CudaDetailLevel::kKernel;
  options.cuda = !arguments.has("no-cuda");
  if (arguments.has("debug-raw")) {
    std::error_code ignored;
    options.rawFolder = std::filesystem::absolute(arguments.text("debug-raw"), ignored).string();
  }
  options.operators = !arguments.has("no-operators");
  options.nvtx = !arguments.has("no-nvtx");
  options.pythonFrames = !arguments.has("no-python-frames");
  return options;
}

int fail(const CommandContext &context, int code, const std::string &message) {
  *context.surroundings.err << "hotloop record: " << context.messageStyle.worse(message) << '\n';
  return code;
}

bool canWrite(const std::string &path) {
  if (access(path.c_str(), F_OK) == 0) return access(path.c_str(), W_OK) == 0;
  const auto folder = std::filesystem::path(path).parent_path();
  return access(folder.empty() ? "." : folder.c_str(), W_OK) == 0;
}

// The program was found and may be executed; what is left is a file that the system cannot run,
// such as a script whose interpreter is missing.
int failureCode(const Error &error, const std::string &output) {
  const bool outputUsable = canWrite(output) && !error.message.starts_with(output);
  if (outputUsable && error.kind == ErrorKind::kNotFound) return kExitNotFound;
  if (outputUsable && error.kind == ErrorKind::kPermission) return kExitNotExecutable;
  return kExitOwnFailure;
}

std::string summaryLine(const RecordOptions &options, const RecordOutcome &outcome,
                        const std::optional<StoredAnalysis> &stored) {
  std::string line =
      fmt::format("hotloop: {}: {} events of {} process{} in {}, {} dropped", options.output,
                  outcome.events, outcome.processes, outcome.processes == 1 ? "" : "es",
                  formatDuration(Nanoseconds(static_cast<std::int64_t>(outcome.seconds * 1e9))),
                  outcome.dropped == 0 ? "none" : std::to_string(outcome.dropped));
  if (stored && stored->steps > 0)
    line += fmt::format("; {} steps, {} steady", stored->steps, stored->steady);
  else if (stored)
    line += "; no steps found";
  if (outcome.terminatingSignal != 0)
    line += fmt::format("; the program was ended by signal {} ({})", outcome.terminatingSignal,
                        strsignal(outcome.terminatingSignal));
  return line;
}

Result<int> run(const CommandContext &context) {
  if (context.arguments.trailing.empty())
    return fail(context, kExitOwnFailure,
                "a program is missing: hotloop record -- PROGRAM [ARGUMENTS]");
  RecordOptions options = recordOptions(context.arguments);
  if (auto window = windowOf(context.arguments))
    options.window = std::move(*window);
  else
    return fail(context, kExitOwnFailure, window.error().message);
  if (options.output == "-")
    return fail(
        context, kExitOwnFailure,
        "a run file cannot go to standard output, which belongs to the program; give -o FILE");
  if (const auto program = resolveProgram(options.command[0], context.surroundings); !program)
    return fail(context,
                program.error().kind == ErrorKind::kNotFound ? kExitNotFound : kExitNotExecutable,
                program.error().message);
  if (const auto library = findInjectLibrary(); !library)
    return fail(context, kExitOwnFailure, library.error().message);

  if (!options.overwrite && access(options.output.c_str(), F_OK) == 0)
    return fail(context, kExitOwnFailure,
                options.output + ": exists already; --force overwrites it, -o FILE writes another");
  if (context.arguments.has("measure-t0")) {
    const auto time = measureStepTime(options);
    if (!time) return fail(context, kExitOwnFailure, time.error().message);
    options.stepTime = *time;
    context.note("hotloop: a step takes " + formatDuration(*time) + " without recording");
  }
  const auto outcome = record(options);
  if (!outcome)
    return fail(context, failureCode(outcome.error(), options.output), outcome.error().message);
  if (!outcome->storeFailure.empty())
    fail(context, kExitOwnFailure, "the run file is incomplete: " + outcome->storeFailure);
  std::optional<StoredAnalysis> stored;
  if (outcome->events > 0 && outcome->events <= kAnalysedEvents) {
    StatusLine status(context);
    status.show("looking for steps in " + options.output);
    auto result = storeAnalysis(options.output);
    if (result)
      stored = *result;
    else
      context.note("hotloop: the analysis was not stored: " + result.error().message);
  }
  context.note(summaryLine(options, *outcome, stored));
  context.note(outcome->events == 0
                   ? "next: hotloop doctor (nothing was recorded: does the program run PyTorch "
                     "operators or NVTX ranges?)"
                   : "next: hotloop advise " + options.output);
  return outcome->exitStatus;
}

} // namespace

Command recordCommand() {
  return {"record",
          "run a program and write what its loop does into a run file",
          {{kOutputFlag,
            kForceFlag,
            {"wait", 0, FlagValue::kChoice, "all|primary", "HOTLOOP_WAIT", false},
            {"stacks", 0, FlagValue::kChoice, "needed|launches|off", "HOTLOOP_STACKS", false},
            {"detail", 0, FlagValue::kChoice, "graph|kernel|all", "HOTLOOP_DETAIL", false},
            {"window", 0, FlagValue::kText, "A:B", {}, false},
            {"delay", 0, FlagValue::kText, "SECONDS", {}, false},
            {"duration", 0, FlagValue::kText, "SECONDS", {}, false},
            {"range", 0, FlagValue::kText, "NAME", {}, false},
            {"measure-t0", 0, FlagValue::kNone, {}, {}, false},
            {"no-cuda", 0, FlagValue::kNone, {}, {}, false},
            {"debug-raw", 0, FlagValue::kText, "DIR", {}, false},
            {"no-operators", 0, FlagValue::kNone, {}, {}, false},
            {"no-python-frames", 0, FlagValue::kNone, {}, {}, false},
            {"no-nvtx", 0, FlagValue::kNone, {}, {}, false}},
           {{"PROGRAM [ARGUMENTS]", false, true, true, {}}},
           Trailing::kProgram},
          run,
          kExitOwnFailure};
}

} // namespace hotloop::cli
