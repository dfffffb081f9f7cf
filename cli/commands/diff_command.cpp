#include "cli/commands/diff_command.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "cli/arguments/common_flags.h"
#include "cli/diff/diff_writer.h"
#include "cli/filter/row_filter.h"
#include "cli/run_source.h"

namespace hotloop::cli {

namespace {

constexpr std::int64_t kSitesShown = 20;

// The counter table with numbers instead of texts.
std::string diffCsv(const RunDiff &diff) {
  ReportTable table{"changes", "", {}, {}, 0};
  for (const char *key : {"kind", "counter", "file", "line", "function", "a", "b", "change"})
    table.columns.push_back({key, key, CellFormat::kPlain, true});
  auto number = [](const std::optional<double> &value) {
    return value ? ReportCell{*value} : ReportCell{};
  };
  for (const CounterChange &change : diff.counters)
    table.rows.push_back(
        {std::string("total"),
         change.name,
         {},
         {},
         {},
         number(change.before),
         number(change.after),
         change.comparable() ? ReportCell{*change.after - *change.before} : ReportCell{}});
  for (const SiteChange &change : diff.sites)
    table.rows.push_back(
        {std::string("site"), change.counter, change.site.file,
         change.site.line == 0 ? ReportCell{} : ReportCell{std::int64_t{change.site.line}},
         change.site.function, change.before, change.after, change.after - change.before});
  for (const OwnerDelta &owner : diff.time.owners)
    table.rows.push_back(
        {std::string("owner"),
         owner.category + " " + (owner.family.empty() ? owner.opPath : owner.family),
         owner.site.file,
         owner.site.line == 0 ? ReportCell{} : ReportCell{std::int64_t{owner.site.line}},
         owner.site.function, owner.aMs, owner.bMs, owner.deltaMs()});
  return tableCsv(table);
}

// Sites of a counter stay together unless they go by name.
void sortDiff(RunDiff &diff, std::string_view order) {
  const auto name = [](const OwnerDelta &owner) {
    return std::tuple(owner.category, owner.family.empty() ? owner.opPath : owner.family,
                      owner.phase, owner.site.text());
  };
  if (order == "name") {
    std::ranges::stable_sort(diff.sites, {}, [](const SiteChange &one) { return one.site.text(); });
    std::ranges::stable_sort(diff.time.owners, {}, name);
  }
  if (order != "share") return;
  std::map<std::string, std::size_t> place;
  for (const SiteChange &one : diff.sites) place.try_emplace(one.counter, place.size());
  std::ranges::stable_sort(diff.sites, {}, [&](const SiteChange &one) {
    return std::pair(place[one.counter], -std::max(one.before, one.after));
  });
  std::ranges::stable_sort(diff.time.owners, {},
                           [](const OwnerDelta &one) { return -std::max(one.aMs, one.bMs); });
}

Result<int> run(const CommandContext &context) {
  const auto &files = context.arguments.positionals;
  HOTLOOP_ASSIGN(const auto filter, RowFilter::given(context.arguments, RowFilter::kDiffKeys));
  HOTLOOP_ASSIGN(const std::vector<LoadedProfile> runs,
                 loadProfiles(context, files, chosenSteps(context)));
  const std::string order = context.arguments.text("sort");
  const TimeUnit unit = timeUnitNamed(context.arguments.text("time-unit"));
  RunDiff diff = diffRuns(runs[0], runs[1]);
  sortDiff(diff, order);
  if (filter) filter->apply(diff);
  std::vector<FurtherDiff> more;
  for (std::size_t i = 2; i < runs.size(); ++i) {
    more.push_back({&runs[i], diffRuns(runs[0], runs[i])});
    sortDiff(more.back().diff, order);
    if (filter) filter->apply(more.back().diff);
  }
  const bool wanted = context.arguments.has("exit-code");
  ReportExit exit = diffExit(diff, wanted);
  for (const FurtherDiff &one : more) {
    const ReportExit other = diffExit(one.diff, wanted);
    if (other.code > exit.code) exit = other;
  }
  const std::string format = context.format();
  const bool forPeople = format == "text" || format == "md";
  const auto limit =
      static_cast<std::size_t>(context.arguments.number("limit", forPeople ? kSitesShown : 0));
  if (!forPeople && limit != 0 && diff.sites.size() > limit) diff.sites.resize(limit);
  std::string out;
  if (format == "json") {
    out = diffJson(diff, runs[0], runs[1], more, exit);
  } else {
    const auto write = [&](const RunDiff &one, const LoadedProfile &other) {
      return format == "csv" ? diffCsv(one)
             : format == "md"
                 ? diffMarkdown(one, runs[0], other, limit, unit)
                 : diffText(one, runs[0], other, limit, context.style, context.width, unit);
    };
    out = write(diff, runs[1]);
    for (const FurtherDiff &one : more) out += "\n" + write(one.diff, *one.run);
  }
  HOTLOOP_TRY(context.emit(out));
  return exit.code;
}

} // namespace

Command diffCommand() {
  return {"diff",
          "compare runs: counters per step, where they changed, who owns the change of the step",
          {{{"exit-code", 0, FlagValue::kNone, {}, {}, false},
            kFilterFlag,
            kPhaseFlag,
            kKernelFlag,
            {"sort", 0, FlagValue::kChoice, "delta|share|name", {}, false},
            kTimeUnitFlag,
            formatFlag("text|json|csv|md"),
            kJsonFlag,
            kOutputFlag,
            kForceFlag,
            kLimitFlag,
            kWarmupFlag,
            kStepsFlag},
           {{"A", true, false, true, {}}, {"B", true, true, true, {}}}},
          run};
}

} // namespace hotloop::cli
