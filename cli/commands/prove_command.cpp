#include "cli/commands/prove_command.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/arguments/common_flags.h"
#include "cli/build_info.h"
#include "cli/device_profile/profile_file.h"
#include "cli/gate/baseline_file.h"
#include "cli/gate/gate_config.h"
#include "cli/gate/subprocess.h"
#include "cli/gate/text_file.h"
#include "cli/prove/prove_session.h"
#include "cli/prove/prove_statistics.h"

namespace hotloop::cli {

namespace fs = std::filesystem;

namespace {

// Where recordings and logs lie while it works; removed at the end unless --keep named it.
class WorkFolder {
public:
  static Result<std::unique_ptr<WorkFolder>> create(const std::string &keep) {
    std::error_code failure;
    std::string path = keep;
    if (keep.empty()) {
      path = (fs::temp_directory_path(failure) / "hotloop-prove-XXXXXX").string();
      if (mkdtemp(path.data()) == nullptr)
        return Unexpected(systemError(errno, "cannot make a folder for the runs, " + path));
    } else {
      fs::create_directories(keep, failure);
      if (failure) return Unexpected(systemError(failure.value(), "cannot make " + keep));
    }
    return std::unique_ptr<WorkFolder>(
        new WorkFolder(fs::absolute(path, failure).string(), !keep.empty()));
  }
  ~WorkFolder() {
    std::error_code ignored;
    if (!keep_) fs::remove_all(path_, ignored);
  }
  const std::string &path() const { return path_; }

private:
  WorkFolder(std::string path, bool keep) : path_(std::move(path)), keep_(keep) {}
  std::string path_;
  bool keep_;
};

Result<double> percentOf(const CommandContext &context, const char *flag, double otherwise) {
  if (!context.arguments.has(flag)) return otherwise;
  std::string text = context.arguments.text(flag);
  if (text.ends_with('%')) text.pop_back();
  while (text.ends_with(' ')) text.pop_back();
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc() || end != text.data() + text.size() || !(percent > 0 && percent <= 100))
    return Unexpected(
        invalidInput(fmt::format("--{} cannot be '{}'; write points of the step, like 5%", flag,
                                 context.arguments.text(flag))));
  return percent / 100;
}

Result<SuiteValues> valuesOf(const CommandContext &context) {
  SuiteValues values{{"python", "python3"}};
  const fs::path self = context.surroundings.executable;
  if (self.has_parent_path()) {
    values["bin"] = self.parent_path().string();
    // In a bundle beside gpu_check, in a build tree where the sources are.
    for (const char *place : {"../share/hotloop/gpu_check", "../../../tests/accuracy"}) {
      std::error_code ignored;
      const fs::path folder = fs::weakly_canonical(self.parent_path() / place, ignored);
      if (fs::is_directory(folder, ignored)) values.try_emplace("scripts", folder.string());
    }
  }
  for (const std::string &given : context.arguments.values("set")) {
    const std::size_t equals = given.find('=');
    if (equals == 0 || equals == given.npos)
      return Unexpected(invalidInput(
          fmt::format("--set {}: write NAME=VALUE, like --set traces=../shared/traces", given)));
    values[given.substr(0, equals)] = given.substr(equals + 1);
  }
  return values;
}

// --bad CMD --good CMD as a suite of one case.
Result<ProveSuite> pairSuite(const CommandContext &context) {
  const Arguments &arguments = context.arguments;
  if (!arguments.has("bad") || !arguments.has("good"))
    return Unexpected(invalidInput("hotloop prove: give --suite NAME, or both --bad CMD and --good "
                                   "CMD"));
  SuiteProgram program;
  HOTLOOP_ASSIGN(program.bad, splitCommand(arguments.text("bad")));
  SuiteCase one;
  HOTLOOP_ASSIGN(one.good, splitCommand(arguments.text("good")));
  if (program.bad.empty() || one.good.empty())
    return Unexpected(invalidInput("hotloop prove: --bad or --good names no program"));
  for (const std::string &fix : arguments.values("fix")) one.predict.push_back("fix:" + fix);
  for (const std::string &rule : arguments.list("rule")) one.predict.push_back("rule:" + rule);
  if (one.predict.empty())
    return Unexpected(invalidInput(
        "hotloop prove: say what predicts the gain of --good: --fix FIX (see hotloop help whatif), "
        "or --rule ID whose findings it fixes"));
  program.name = one.name = "pair";
  one.fixClass = one.predict[0].substr(one.predict[0].find(':') + 1);
  program.cases.push_back(std::move(one));
  ProveSuite suite;
  suite.name = "pair";
  suite.groups.push_back({"pair", {}, 1, 1, {std::move(program)}});
  return suite;
}

Result<ProveSuite> suiteOf(const CommandContext &context) {
  if (!context.arguments.has("suite")) return pairSuite(context);
  for (const char *flag : {"bad", "good", "fix", "rule"})
    if (context.arguments.has(flag))
      return Unexpected(
          invalidInput(fmt::format("hotloop prove: --suite and --{} exclude each other", flag)));
  const std::string name = context.arguments.text("suite");
  HOTLOOP_ASSIGN(const std::string text, suiteText(name));
  HOTLOOP_ASSIGN(const SuiteValues values, valuesOf(context));
  HOTLOOP_ASSIGN(ProveSuite suite, parseSuite(text, name, values));
  const std::vector<std::string> only = context.arguments.list("only");
  if (only.empty()) return suite;
  std::erase_if(suite.groups, [&](const SuiteGroup &group) {
    return std::find(only.begin(), only.end(), group.name) == only.end();
  });
  if (suite.groups.empty())
    return Unexpected(
        invalidInput(fmt::format("--only {}: {} has no such group", fmt::join(only, ","), name)));
  return suite;
}

std::string machineName() {
  std::ifstream info("/proc/cpuinfo");
  std::string name = "unknown processor";
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) {
      name = line.substr(line.find(':') + 2);
      break;
    }
  std::string gpu;
  SubprocessOptions options;
  options.capture = options.quiet = true;
  const auto asked = runSubprocess(
      {"nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"}, options);
  if (asked && asked->exitCode == 0) gpu = asked->output.substr(0, asked->output.find('\n'));
  return fmt::format("{}{} cores of {}", gpu.empty() ? "" : gpu + "; ",
                     std::thread::hardware_concurrency(), name);
}

// Written beside it first, so that a call that is cut off leaves the state before.
Result<void> writeState(const std::string &path, const std::string &text) {
  const std::string fresh = path + ".new";
  std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file || std::rename(fresh.c_str(), path.c_str()) != 0)
    return Unexpected(systemError(errno, "cannot write " + path));
  return {};
}

Result<ProveReport> stateOf(const CommandContext &context, const ProveSuite &suite,
                            const std::string &path) {
  ProveReport report;
  std::error_code ignored;
  if (!path.empty() && fs::exists(path, ignored)) {
    HOTLOOP_ASSIGN(const std::string text, readTextFile(path));
    HOTLOOP_ASSIGN(report, readProveJson(text, path));
    if (report.suite != suite.name)
      return Unexpected(
          invalidInput(fmt::format("--resume {}: that is the suite {}, not {}; name another file",
                                   path, report.suite, suite.name)));
    const std::string machine = machineName();
    if (report.machine != machine)
      return Unexpected(Error{
          ErrorKind::kNothingMeasured,
          fmt::format("--resume {}: that was measured on {}, this is {}; rounds of two machines "
                      "are not comparable, name another file",
                      path, report.machine, machine)});
    return report;
  }
  report.suite = suite.name;
  report.made = utcNow();
  report.toolVersion = std::string(buildInfo().version);
  report.machine = machineName();
  static_cast<void>(context);
  return report;
}

ReportExit exitOf(const ProveReport &report, const std::optional<double> &maxError) {
  const ProveSummary summary = summarize(report.programs);
  if (summary.measured == 0) return {kExitNothing, "nothing-measured"};
  if (summary.undecidable == summary.measured) return {kExitInconclusive, "not-decidable"};
  if (maxError && summary.judged > 0 && summary.medianError > *maxError)
    return {kExitDiffers, "median-error"};
  return {kExitOk, "ok"};
}

Result<int> run(const CommandContext &context) {
  const Arguments &arguments = context.arguments;
  HOTLOOP_ASSIGN(const ProveSuite suite, suiteOf(context));
  const std::string budgetText = arguments.text("budget", "540s");
  const auto budget = parseMilliseconds(budgetText);
  if (!budget || !(*budget > 0))
    return Unexpected(invalidInput(fmt::format(
        "--budget cannot be '{}'; write a time with its unit, like 540s or 9m", budgetText)));
  const std::string state = arguments.text("resume");
  HOTLOOP_ASSIGN(ProveReport report, stateOf(context, suite, state));
  HOTLOOP_ASSIGN(report.width, percentOf(context, "width", 0.05));
  std::optional<double> maxError;
  if (arguments.has("max-error")) {
    HOTLOOP_ASSIGN(maxError, percentOf(context, "max-error", 0));
  }
  HOTLOOP_ASSIGN(const auto folder, WorkFolder::create(arguments.text("keep")));
  const auto start = std::chrono::steady_clock::now();
  ProveRunner runner{context, folder->path(),
                     start + std::chrono::milliseconds(static_cast<std::int64_t>(*budget))};
  if (arguments.has("profile")) {
    HOTLOOP_ASSIGN(runner.profile, readProfile(arguments.text("profile")));
  }
  const double before = report.seconds;
  const auto save = [&]() -> Result<void> {
    report.seconds =
        before + std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    report.exit = exitOf(report, maxError);
    if (state.empty()) return {};
    return writeState(state, proveJson(report));
  };
  ProveSession session(runner, suite, report, save);
  HOTLOOP_TRY(session.run());
  HOTLOOP_TRY(save());
  HOTLOOP_TRY(context.emit(context.format() == "json" ? proveJson(report)
                                                      : proveText(report, context.style)));
  return report.exit.code;
}

} // namespace

Command proveCommand() {
  return {"prove",
          "predicted against measured gains of fixes that can be switched",
          {{{"suite", 0, FlagValue::kText, "NAME|FILE", {}, false},
            {"only", 0, FlagValue::kText, "GROUP", {}, true},
            {"set", 0, FlagValue::kText, "NAME=VALUE", {}, true},
            {"bad", 0, FlagValue::kText, "CMD", {}, false},
            {"good", 0, FlagValue::kText, "CMD", {}, false},
            {"fix", 0, FlagValue::kText, "FIX[=SITE]", {}, true},
            {"rule", 0, FlagValue::kText, "RULE", {}, true},
            {"width", 0, FlagValue::kText, "PERCENT", {}, false},
            {"budget", 0, FlagValue::kText, "TIME", {}, false},
            {"resume", 0, FlagValue::kFile, "FILE", {}, false},
            {"profile", 0, FlagValue::kFile, "FILE", {}, false},
            {"keep", 0, FlagValue::kFile, "FOLDER", {}, false},
            {"max-error", 0, FlagValue::kText, "PERCENT", {}, false},
            formatFlag("text|json"),
            kJsonFlag,
            kOutputFlag,
            kForceFlag}},
          run};
}

} // namespace hotloop::cli
