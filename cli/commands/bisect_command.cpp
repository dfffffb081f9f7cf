#include "cli/commands/bisect_command.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/arguments/common_flags.h"
#include "cli/gate/history_metric.h"
#include "cli/gate/measure.h"
#include "cli/gate/subprocess.h"
#include "core/report/json_parts.h"

namespace hotloop::cli {

namespace {

struct Tested {
  std::string commit, subject;
  double value = 0;
  std::string failure; // why it could not be measured
};

class Bisection {
public:
  Bisection(const CommandContext &context, Measurer &measurer, std::string metric)
      : context_(context), measurer_(measurer), metric_(std::move(metric)) {}

  // One run of one commit is enough: counters are exact.
  Result<Tested> test(const std::string &commit) {
    Tested tested;
    tested.commit = commit;
    tested.subject = gitLine({"log", "-1", "--format=%s", commit});
    const auto built = buildCommit(context_, commit, context_.arguments.text("build"));
    if (!built) {
      if (built.error().kind != ErrorKind::kNothingMeasured) return Unexpected(built.error());
      tested.failure = built.error().message;
    } else {
      const auto loaded =
          measurer_.run({commit.substr(0, 9), context_.arguments.trailing, built->folder},
                        "testing " + commit.substr(0, 9));
      if (!loaded && loaded.error().kind != ErrorKind::kNothingMeasured)
        return Unexpected(loaded.error());
      const auto value = loaded ? metricOf(loaded->profile, metric_) : std::nullopt;
      if (value)
        tested.value = *value;
      else
        tested.failure = loaded ? "it has no " + metric_ : loaded.error().message;
    }
    context_.note(fmt::format("hotloop: {} {}: {}", commit.substr(0, 9), tested.subject,
                              tested.failure.empty()
                                  ? fmt::format("{} = {:.6g}", metric_, tested.value)
                                  : "not measured: " + tested.failure));
    all_.push_back(tested);
    return tested;
  }

  const std::vector<Tested> &all() const { return all_; }

private:
  const CommandContext &context_;
  Measurer &measurer_;
  std::string metric_;
  std::vector<Tested> all_;
};

Result<std::vector<std::string>> commitsBetween(const std::string &good, const std::string &bad) {
  SubprocessOptions options;
  options.capture = true;
  options.quiet = true;
  HOTLOOP_ASSIGN(
      const SubprocessOutcome outcome,
      runSubprocess({"git", "rev-list", "--first-parent", "--reverse", good + ".." + bad},
                    options));
  std::vector<std::string> commits;
  for (std::size_t begin = 0; begin < outcome.output.size();) {
    const std::size_t end = std::min(outcome.output.find('\n', begin), outcome.output.size());
    if (end > begin) commits.push_back(outcome.output.substr(begin, end - begin));
    begin = end + 1;
  }
  return commits;
}

Result<int> run(const CommandContext &context) {
  const Arguments &arguments = context.arguments;
  if (!arguments.has("good") || !arguments.has("bad") || arguments.trailing.empty())
    return Unexpected(invalidInput("hotloop bisect needs --good REF --bad REF -- PROGRAM"));
  HOTLOOP_ASSIGN(const std::string metric, historyMetric(arguments.text("metric", "host_syncs")));
  if (metric.starts_with("step."))
    return Unexpected(invalidInput("hotloop bisect follows a counter, of which one run is exact; "
                                   "times need hotloop ab at each commit"));
  const std::string good = gitLine({"rev-parse", "--verify", arguments.text("good") + "^{commit}"});
  const std::string bad = gitLine({"rev-parse", "--verify", arguments.text("bad") + "^{commit}"});
  if (good.empty() || bad.empty())
    return Unexpected(invalidInput(fmt::format("git does not know the commit '{}'",
                                               arguments.text(good.empty() ? "good" : "bad"))));
  HOTLOOP_ASSIGN(std::vector<std::string> commits, commitsBetween(good, bad));
  if (commits.empty())
    return Unexpected(
        invalidInput("there is no commit after --good up to --bad; are they the right way round?"));
  HOTLOOP_ASSIGN(Measurer measurer, Measurer::create(context, arguments.text("max-time", "0")));
  Bisection bisection(context, measurer, metric);
  HOTLOOP_ASSIGN(const Tested first, bisection.test(good));
  HOTLOOP_ASSIGN(const Tested last, bisection.test(bad));
  for (const Tested *end : {&first, &last})
    if (!end->failure.empty())
      return Unexpected(nothingMeasured(
          fmt::format("{} could not be measured: {}", end->commit.substr(0, 9), end->failure)));
  if (last.value == first.value)
    return Unexpected(nothingMeasured(
        fmt::format("{} is {:.6g} at both ends, so no commit between them changed it for good",
                    metric, first.value)));
  // commits[low - 1] is good, commits[high] is bad; what cannot be measured is stepped over.
  std::size_t low = 0, high = commits.size() - 1;
  std::vector<std::string> untested;
  Tested culprit = last;
  const bool rises = last.value > first.value;
  while (low < high) {
    if (measurer.timeIsUp())
      return Unexpected(nothingMeasured("--max-time was over before the commit was found"));
    std::size_t middle = low + (high - low) / 2;
    bool measured = false;
    for (std::size_t probe = middle; probe < high && !measured; ++probe) {
      HOTLOOP_ASSIGN(const Tested tested, bisection.test(commits[probe]));
      if (!tested.failure.empty()) {
        untested.push_back(commits[probe]);
        continue;
      }
      measured = true;
      const bool isBad = rises ? tested.value > first.value : tested.value < first.value;
      if (isBad) {
        high = probe;
        culprit = tested;
      } else {
        low = probe + 1;
      }
    }
    if (!measured)
      high = middle; // all from the middle on cannot be built: the first of them is named
  }
  const std::string &found = commits[high];
  culprit.commit = found;
  culprit.subject = gitLine({"log", "-1", "--format=%s", found});
  const std::string author = gitLine({"log", "-1", "--format=%an, %ad", "--date=short", found});
  if (context.format() == "json") {
    Json tested = Json::array();
    for (const Tested &one : bisection.all())
      tested.push_back({{"commit", one.commit},
                        {"subject", one.subject},
                        {"value", one.failure.empty() ? Json(one.value) : Json(nullptr)},
                        {"failure", one.failure.empty() ? Json(nullptr) : Json(one.failure)}});
    HOTLOOP_TRY(context.emit(dumpJson({{"schema", "hotloop.bisect/1"},
                                       {"metric", metric},
                                       {"commit", found},
                                       {"subject", culprit.subject},
                                       {"before", first.value},
                                       {"after", culprit.value},
                                       {"tested", std::move(tested)},
                                       {"not_measured", untested}})));
  } else {
    HOTLOOP_TRY(context.emit(
        fmt::format("{} is the first commit with {} = {:.6g} instead of {:.6g}\n    {}\n    {}\n",
                    found, metric, culprit.value, first.value, culprit.subject, author)));
  }
  return kExitOk;
}

} // namespace

Command bisectCommand() {
  std::vector<FlagSpec> flags = measureFlags();
  flags.push_back({"good", 0, FlagValue::kText, "REF", {}, false});
  flags.push_back({"bad", 0, FlagValue::kText, "REF", {}, false});
  flags.push_back({"metric", 0, FlagValue::kText, "COUNTER", {}, false});
  flags.push_back({"build", 0, FlagValue::kText, "CMD", {}, false});
  for (const FlagSpec &flag :
       {formatFlag("text|json"), kJsonFlag, kOutputFlag, kForceFlag, kWarmupFlag, kStepsFlag})
    flags.push_back(flag);
  return {"bisect",
          "the commit that changed a counter",
          {flags, {{"PROGRAM [ARGUMENTS]", false, true, true, {}}}, Trailing::kProgram},
          run};
}

} // namespace hotloop::cli
