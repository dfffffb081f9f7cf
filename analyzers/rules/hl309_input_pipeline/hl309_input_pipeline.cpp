#include <algorithm>
#include <cctype>

#include "analyzers/rules/occurrences.h"
#include "analyzers/steps/lanes.h"

namespace hotloop {

namespace {

constexpr double kMaterialShare = 0.05; // of the step

bool isLoader(std::string_view name) {
  std::string small(name);
  std::ranges::transform(small, small.begin(), [](unsigned char c) {
    return static_cast<char>(c == '_' ? ' ' : std::tolower(c));
  });
  return small.find("dataloader") != small.npos || small.find("data loader") != small.npos ||
         small.find("data loading") != small.npos || small == "load batch" || small == "next batch";
}

constexpr Advice kAdvice = {
    "", "The step waits for its input",
    "Load ahead: DataLoader(num_workers=4, prefetch_factor=2, pin_memory=True, "
    "persistent_workers=True).",
    "# before\nloader = DataLoader(data, batch_size=b)\n\n# after\nloader = DataLoader(data, "
    "batch_size=b, num_workers=4,\n                    pin_memory=True, persistent_workers=True)",
    "Workers take processors and memory, and slow copies and launches of the main thread down; "
    "with "
    "few processors nothing is gained."};

// The step that a moment belongs to; a loader that runs between two steps works for the next one.
std::uint32_t stepOf(const RuleInput &input, Nanoseconds moment) {
  const auto &all = input.steps.all;
  const auto next = std::ranges::upper_bound(all, moment, {}, &Step::end);
  return next == all.end() ? kNoIndex : static_cast<std::uint32_t>(next - all.begin());
}

class LoaderTime {
public:
  explicit LoaderTime(const RuleInput &input) : input_(input), groups_(input) {
    for (auto *column : {&all_.count, &all_.hostTime, &all_.work})
      column->resize(input.steps.steady.size());
  }

  template <class Columns> void add(const Columns &rows, std::string_view table) {
    Nanoseconds last;
    for (std::uint32_t row = 0; row < rows.start.size(); ++row) {
      if (rows.lane[row] != input_.steps.lane || rows.start[row] < last ||
          !isLoader(input_.trace.text(rows.name[row])))
        continue;
      const Nanoseconds end = endOf(rows.start[row], rows.duration[row]);
      const std::uint32_t step = stepOf(input_, rows.start[row]);
      if (!input_.steady(step)) continue;
      last = end; // ranges nest: the outermost counts
      const std::uint32_t position = groups_.positionOf(step);
      all_.count[position] += 1;
      const auto ns = static_cast<double>((end - rows.start[row]).count);
      all_.hostTime[position] += ns;
      // What the device still has to do hides as much of it.
      all_.work[position] +=
          ns - static_cast<double>(input_.device.busyWithin(rows.start[row], end));
      if (all_.evidence.size() < OccurrenceGroups::kEvidenceRows)
        all_.evidence.push_back({std::string(table), static_cast<std::int64_t>(row) + 1,
                                 std::string(input_.trace.text(rows.name[row]))});
      if (table == "op") ops_.push_back(row);
    }
  }

  const RuleInput &input_;
  OccurrenceGroups groups_;
  OccurrenceGroup all_;
  std::vector<std::uint32_t> ops_;
};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  LoaderTime loader(input);
  loader.add(input.trace->ops, "op");
  if (loader.all_.evidence.empty()) loader.add(input.trace->ranges, "range");
  const OccurrenceGroup &all = loader.all_;
  if (all.evidence.empty()) {
    outcome.notChecked =
        "The run marks no data loader (PyTorch's DataLoader does, or a range of that name).";
    return outcome;
  }
  Finding finding = advise(loader.groups_, all, kAdvice);
  if (!loader.ops_.empty()) finding.site = input.sites.site(input.ops.site[loader.ops_.front()]);
  finding.felt = Felt::kMeasured;
  judgeShare(input, all, std::move(finding), all.workPerStep(), kMaterialShare,
             "a step waiting for the loader", outcome,
             {.kind = FixKind::kRemoveOps, .ops = loader.ops_});
  return outcome;
}

} // namespace

Rule hl309InputPipeline() {
  return {"HL309", "input_pipeline", "The step waits for the data loader", run};
}

} // namespace hotloop
