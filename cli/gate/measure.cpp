#include "cli/gate/measure.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <tuple>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/arguments/common_flags.h"
#include "cli/gate/gate_config.h"
#include "cli/gate/subprocess.h"
#include "cli/gate/text_file.h"
#include "cli/run_source.h"
#include "cli/status_line.h"

namespace hotloop::cli {

namespace fs = std::filesystem;

namespace {

std::string lastLines(const std::string &file, std::size_t count) {
  const auto text = readTextFile(file);
  if (!text || text->empty()) return "it said nothing";
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text->size();) {
    const std::size_t end = std::min(text->find('\n', begin), text->size());
    if (end > begin) lines.push_back(text->substr(begin, end - begin));
    begin = end + 1;
  }
  std::string out;
  for (std::size_t i = lines.size() - std::min(count, lines.size()); i < lines.size(); ++i)
    out += (out.empty() ? "" : " | ") + lines[i];
  return out;
}

Result<void> shell(const std::string &command, const std::string &folder, const std::string &what,
                   const std::string &log) {
  if (command.empty()) return {};
  SubprocessOptions options;
  options.folder = folder;
  options.quiet = true;
  options.errorFile = log;
  HOTLOOP_ASSIGN(const SubprocessOutcome outcome,
                 runSubprocess({"/bin/sh", "-c", command + " 1>&2"}, options));
  if (outcome.exitCode == 0) return {};
  return Unexpected(nothingMeasured(fmt::format("{} failed with exit code {} ({}): {}", what,
                                                outcome.exitCode, command, lastLines(log, 5))));
}

} // namespace

std::vector<FlagSpec> measureFlags() {
  return {
      {"prepare", 0, FlagValue::kText, "CMD", {}, false},
      {"cleanup", 0, FlagValue::kText, "CMD", {}, false},
      {"keep", 0, FlagValue::kFile, "FOLDER", {}, false},
      {"max-time", 0, FlagValue::kText, "TIME", {}, false},
      {"lock-clocks", 0, FlagValue::kText, "MHZ", {}, false},
  };
}

Result<Measurer> Measurer::create(const CommandContext &context, const std::string &maxTime) {
  Measurer measurer(context);
  const auto limit = parseMilliseconds(maxTime.empty() ? "0" : maxTime);
  if (!limit)
    return Unexpected(invalidInput(fmt::format(
        "--max-time cannot be '{}'; write a time with its unit, like 10m or 90s", maxTime)));
  if (*limit > 0)
    measurer.end_ = std::chrono::steady_clock::now() +
                    std::chrono::milliseconds(static_cast<std::int64_t>(*limit));
  measurer.steps_ = chosenSteps(context);
  measurer.folder_ = context.arguments.text("keep");
  measurer.keep_ = !measurer.folder_.empty();
  std::error_code failure;
  if (measurer.keep_) {
    fs::create_directories(measurer.folder_, failure);
    measurer.folder_ = fs::absolute(measurer.folder_, failure).string();
  } else {
    std::string pattern = (fs::temp_directory_path(failure) / "hotloop-runs-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      return Unexpected(systemError(errno, "cannot make a folder for the runs, " + pattern));
    measurer.folder_ = pattern;
  }
  if (context.arguments.has("lock-clocks")) {
    HOTLOOP_ASSIGN(measurer.clocks_, ClockLock::take(context.arguments.text("lock-clocks")));
  }
  return measurer;
}

Measurer::Measurer(Measurer &&other) noexcept
    : context_(other.context_), folder_(std::exchange(other.folder_, {})), keep_(other.keep_),
      steps_(other.steps_), number_(other.number_), end_(other.end_),
      clocks_(std::move(other.clocks_)) {}

Measurer::~Measurer() {
  std::error_code ignored;
  if (!keep_ && !folder_.empty()) fs::remove_all(folder_, ignored);
}

bool Measurer::timeIsUp() const { return end_ && std::chrono::steady_clock::now() >= *end_; }

Result<LoadedProfile> Measurer::run(const MeasuredProgram &program, const std::string &label) {
  StatusLine status(context_);
  status.show(label);
  const std::string stem =
      fmt::format("{}/{:03}-{}", folder_, ++number_, program.name.substr(0, 40));
  std::string file = stem;
  std::replace_if(
      file.begin() + static_cast<std::ptrdiff_t>(folder_.size()) + 1, file.end(),
      [](char c) { return c == '/' || c == ' '; }, '_');
  const std::string log = file + ".log";
  file += ".hotloop";
  const std::string prepare = context_.arguments.text("prepare"),
                    cleanup = context_.arguments.text("cleanup");
  HOTLOOP_TRY(shell(prepare, program.folder, "--prepare", log));
  std::vector<std::string> command{
      context_.surroundings.executable.empty() ? "hotloop" : context_.surroundings.executable,
      "record",
      "-q",
      "-f",
      "-o",
      file,
      "--"};
  command.insert(command.end(), program.command.begin(), program.command.end());
  SubprocessOptions options;
  options.folder = program.folder;
  options.quiet = true;
  options.errorFile = log;
  if (end_) {
    // One run may not outlive the time that is left by much.
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        *end_ - std::chrono::steady_clock::now());
    options.timeout = std::max(left, std::chrono::milliseconds(1)) + std::chrono::seconds(30);
  }
  HOTLOOP_ASSIGN(const SubprocessOutcome outcome, runSubprocess(command, options));
  if (outcome.timedOut)
    return Unexpected(nothingMeasured(fmt::format("{} did not end within --max-time: {}",
                                                  program.name, shellCommand(program.command))));
  if (outcome.exitCode != 0)
    return Unexpected(nothingMeasured(
        fmt::format("{} failed with exit code {}: {}: {}", program.name, outcome.exitCode,
                    shellCommand(program.command), lastLines(log, 3))));
  HOTLOOP_TRY(shell(cleanup, program.folder, "--cleanup", log));
  HOTLOOP_ASSIGN(LoadedProfile loaded, loadProfile(context_, file, program.steps.value_or(steps_)));
  if (loaded.profile.durations.empty())
    return Unexpected(nothingMeasured(
        fmt::format("{} has no steady steps: {}", program.name,
                    loaded.profile.whyNone.empty() ? "none were found" : loaded.profile.whyNone)));
  return loaded;
}

std::vector<double> stepLengths(const RunProfile &profile) {
  std::vector<double> lengths;
  for (const std::int64_t ns : profile.durations) lengths.push_back(static_cast<double>(ns) * 1e-6);
  return lengths;
}

RunProfile mergeProfiles(const std::vector<RunProfile> &runs) {
  RunProfile merged;
  std::map<std::tuple<std::string, std::string, std::string, std::string, std::string, std::string>,
           std::size_t>
      known;
  for (const RunProfile &run : runs) {
    if (merged.durations.empty()) {
      merged.fingerprint = run.fingerprint;
      merged.command = run.command;
      merged.state = run.state;
      merged.counted = run.counted;
    }
    merged.durations.insert(merged.durations.end(), run.durations.begin(), run.durations.end());
    merged.steps += run.steps;
    for (const TimeOwner &owner : run.owners) {
      const auto [entry, isNew] = known.try_emplace(
          {owner.category, owner.phase, owner.opPath, owner.file, owner.function, owner.family},
          merged.owners.size());
      if (isNew) {
        merged.owners.push_back(owner);
        continue;
      }
      TimeOwner &into = merged.owners[entry->second];
      into.owned += owner.owned;
      into.worked += owner.worked;
      into.count += owner.count;
    }
  }
  return merged;
}

Result<BuiltCommit> buildCommit(const CommandContext &context, const std::string &ref,
                                const std::string &build) {
  if (ref.empty() || ref[0] == '-')
    return Unexpected(invalidInput("a git ref cannot be '" + ref + "'"));
  const std::string top = gitLine({"rev-parse", "--show-toplevel"});
  if (top.empty())
    return Unexpected(
        invalidInput("this is no git repository, so another commit cannot be built here"));
  const std::string commit = gitLine({"rev-parse", "--verify", ref + "^{commit}"});
  if (commit.empty())
    return Unexpected(invalidInput(
        fmt::format("git does not know '{}'; fetch it first (git fetch origin)", ref)));
  const std::string cache = cacheFolder(context);
  if (cache.empty())
    return Unexpected(invalidInput("no cache folder is known; set HOME or XDG_CACHE_HOME"));
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : top + "\n" + build)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  const std::string folder =
      fmt::format("{}/bases/{}-{:08x}", cache, commit.substr(0, 12), hash & 0xffffffff);
  const std::string stamp = folder + ".built";
  std::error_code ignored;
  if (fs::exists(stamp, ignored) && fs::exists(folder, ignored)) return BuiltCommit{commit, folder};
  fs::create_directories(fs::path(folder).parent_path(), ignored);
  fs::remove_all(folder, ignored);
  StatusLine status(context);
  status.show("building " + ref);
  SubprocessOptions quiet;
  quiet.quiet = true;
  quiet.folder = top;
  HOTLOOP_ASSIGN(const SubprocessOutcome pruned,
                 runSubprocess({"git", "worktree", "prune"}, quiet));
  static_cast<void>(pruned);
  quiet.errorFile = folder + ".log";
  HOTLOOP_ASSIGN(
      const SubprocessOutcome added,
      runSubprocess({"git", "worktree", "add", "--detach", "--force", folder, commit}, quiet));
  if (added.exitCode != 0)
    return Unexpected(invalidInput(
        fmt::format("git cannot check out {}: {}", ref, lastLines(quiet.errorFile, 3))));
  HOTLOOP_TRY(shell(build, folder, "building " + ref, folder + ".log"));
  HOTLOOP_ASSIGN(const SubprocessOutcome stamped, runSubprocess({"touch", stamp}));
  static_cast<void>(stamped);
  return BuiltCommit{commit, folder};
}

} // namespace hotloop::cli
