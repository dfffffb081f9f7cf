#include "cli/commands/import_command.h"

#include <filesystem>

#include <fmt/format.h>

#include "cli/arguments/common_flags.h"
#include "cli/import/import_run.h"
#include "cli/import/progress.h"
#include "cli/record/store_analysis.h"
#include "core/report/number_format.h"

namespace hotloop::cli {

namespace {

// The analysis holds the run in memory; above this, only reports analyse, so that importing stays
// below 200 MB.
constexpr std::uint64_t kAnalysedRows = 500'000;

std::string summaryLine(const std::string &source, const ImportedRun &run) {
  return fmt::format("hotloop: {}: {} events of {} ({}{}) in {}", run.path, run.report.events,
                     source, run.report.description, run.report.truncated ? ", broken off" : "",
                     formatDuration(Nanoseconds(static_cast<std::int64_t>(run.seconds * 1e9))));
}

Result<ImportedRun> importOne(const CommandContext &context, ImportProgressWriter &progress,
                              const std::string &source, const std::string &path,
                              const std::optional<RankClock> &clock) {
  auto run =
      importRun(source, path, context.arguments.has("force"), progress.options(source), clock);
  if (!run) {
    progress.say("error", source, run.error().message);
    return run;
  }
  if (run->rows <= kAnalysedRows) {
    const auto stored = storeAnalysis(path);
    if (!stored) context.note("hotloop: the analysis was not stored: " + stored.error().message);
  }
  context.note(summaryLine(source, *run));
  progress.say("done", source, run->path);
  return run;
}

Result<void> importRanks(const CommandContext &context, ImportProgressWriter &progress,
                         const std::vector<std::string> &sources, const std::string &folder) {
  HOTLOOP_ASSIGN(const std::vector<RankClock> clocks, alignRanks(sources));
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed)
    return Unexpected(
        systemError(failed.value(), folder + ": the folder of the run set cannot be made"));
  for (const RankClock &clock : clocks) {
    const std::string path =
        std::filesystem::path(folder) / fmt::format("rank{}.hotloop", clock.rank);
    HOTLOOP_TRY(importOne(context, progress, clock.path, path, clock));
    context.note(
        clock.aligned
            ? fmt::format("hotloop: rank {}: clock shifted by {:.3f} ms, {} collectives, their "
                          "ends {:.1f} us apart",
                          clock.rank, clock.shift.milliseconds(), clock.collectives,
                          static_cast<double>(clock.spread.count) * 1e-3)
            : fmt::format("hotloop: rank {}: its clock could not be aligned ({} collectives); its "
                          "times are those of its wall clock",
                          clock.rank, clock.collectives));
  }
  return {};
}

Result<int> run(const CommandContext &context) {
  const auto &sources = context.arguments.positionals;
  ImportProgressWriter progress(context, context.arguments.text("progress") == "json");
  if (sources.size() == 1) {
    const std::string path = context.arguments.text("output", importedName(sources[0]));
    HOTLOOP_TRY(importOne(context, progress, sources[0], path, {}));
    context.note("next: hotloop advise " + path);
    return kExitOk;
  }
  if (!context.arguments.has("output"))
    return Unexpected(invalidInput("several files make a run set; name its folder: hotloop import "
                                   "rank*.json.gz -o run/"));
  const std::string folder = context.arguments.text("output");
  HOTLOOP_TRY(importRanks(context, progress, sources, folder));
  context.note("next: hotloop advise " +
               (std::filesystem::path(folder) / "rank0.hotloop").string());
  return kExitOk;
}

} // namespace

Command importCommand() {
  return {"import",
          "turn traces of other tools into run files",
          {{kOutputFlag, kForceFlag, {"progress", 0, FlagValue::kChoice, "auto|json", {}, false}},
           {{"FILE", true, true, true, {}}}},
          run};
}

} // namespace hotloop::cli
