#include <algorithm>
#include <cctype>
#include <limits>

#include <fmt/format.h>

#include "analyzers/rules/occurrences.h"
#include "analyzers/steps/lanes.h"
#include "core/base/stop.h"

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

constexpr Advice kSilence = {
    "unrecorded", "",
    "Do it ahead in a worker or another thread: reading, decoding and tokenizing of the next "
    "batch while this one is computed.",
    "# before\nbatch = tokenize(next(lines))\ny = model(batch)\n\n# after\n"
    "loader = DataLoader(lines, collate_fn=tokenize, num_workers=2)\nfor batch in loader: y = "
    "model(batch)",
    "What it is cannot be seen in this run; a value that the step needs at once cannot be made "
    "ahead."};

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
      stopPoint(row);
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

// Ranges of the step's thread that load: they are no silence, and have a finding of their own.
class LoaderSpans {
public:
  explicit LoaderSpans(const RuleInput &input) {
    add(input, input.trace->ops);
    add(input, input.trace->ranges);
    std::ranges::sort(spans_);
    std::size_t kept = 0; // their union: ranges nest
    for (std::size_t i = 1; i < spans_.size(); ++i)
      if (spans_[i].first <= spans_[kept].second)
        spans_[kept].second = std::max(spans_[kept].second, spans_[i].second);
      else
        spans_[++kept] = spans_[i];
    if (!spans_.empty()) spans_.resize(kept + 1);
  }
  // Time of the spans between two moments.
  std::int64_t within(Nanoseconds from, Nanoseconds to) const {
    std::int64_t sum = 0;
    for (auto it = std::ranges::lower_bound(spans_, from, {}, &Span::second);
         it != spans_.end() && it->first < to; ++it)
      sum +=
          std::max<std::int64_t>(0, (std::min(to, it->second) - std::max(from, it->first)).count);
    return sum;
  }

private:
  using Span = std::pair<Nanoseconds, Nanoseconds>;

  template <class Rows> void add(const RuleInput &input, const Rows &rows) {
    for (std::uint32_t row = 0; row < rows.start.size(); ++row) {
      stopPoint(row);
      if (rows.lane[row] == input.steps.lane && isLoader(input.trace.text(rows.name[row])))
        spans_.emplace_back(rows.start[row], endOf(rows.start[row], rows.duration[row]));
    }
  }

  std::vector<Span> spans_;
};

// Threads that work for the step: its own, and those of the backward pass, which it waits for.
std::vector<std::uint8_t> threadsOfStep(const RuleInput &input) {
  std::vector<std::uint8_t> own(input.trace->threads.id.size() + 1);
  const auto add = [&](ThreadId thread) {
    if (thread.value < own.size()) own[thread.value] = 1;
  };
  add(input.steps.lane);
  for (std::uint32_t op = 0; op < input.ops.size(); ++op)
    if (input.ops.backward[op] != 0) add(input.trace->ops.lane[op]);
  return own;
}

// Time of the step's thread without any record, while the device stands idle: reading files,
// tokenizing, plain Python. Only a device run can tell that something waits for it.
void judgeSilence(const RuleInput &input, RuleOutcome &outcome) {
  constexpr std::int64_t kLongSilence = 500'000; // ns
  const auto &ops = input.trace->ops;
  const auto &apis = input.trace->apis;
  OccurrenceGroups groups(input);
  OccurrenceGroup all;
  for (auto *column : {&all.count, &all.hostTime, &all.work, &all.syncs})
    column->resize(input.steps.steady.size());
  struct Silence {
    Nanoseconds last; // latest end of a record of the step so far
    std::int64_t longest = 0, idle = 0;
    std::uint32_t after = kNoIndex, lastOp = kNoIndex;
    bool waited = false; // the last record was a wait that a finding explains
  };
  const LoaderSpans loader(input);
  const std::vector<std::uint8_t> own = threadsOfStep(input);
  const auto isOwn = [&](ThreadId thread) {
    return thread.value < own.size() && own[thread.value] != 0;
  };
  std::vector<Silence> ofStep(input.steps.all.size());
  for (std::size_t i = 0; i < ofStep.size(); ++i) ofStep[i].last = input.steps.all[i].start;
  // Behind such a wait the device is idle because of the wait; without it, the silence is hidden.
  const auto explains = [&](std::uint32_t call) {
    return input.claimedCalls[call] != 0 && input.device.waited[call] > 0;
  };
  const auto see = [&](std::uint32_t step, Nanoseconds start, Nanoseconds end, std::uint32_t op) {
    Silence &silence = ofStep[step];
    const std::int64_t gap = (start - silence.last).count - loader.within(silence.last, start);
    if (gap > std::max(kLongSilence, silence.longest) && !silence.waited) {
      silence.longest = gap;
      silence.idle = gap - input.device.busyWithin(silence.last, start);
      silence.after = op;
    }
    silence.waited = silence.waited && end <= silence.last;
    silence.last = std::max(silence.last, end);
    if (op != kNoIndex) silence.lastOp = op;
  };
  std::uint32_t call = 0;
  const auto seeCallsBefore = [&](Nanoseconds moment) {
    for (; call < input.device.calls() && apis.start[call] < moment; ++call)
      if (input.steady(input.device.step[call]) && isOwn(apis.lane[call])) {
        const Nanoseconds end = endOf(apis.start[call], apis.duration[call]);
        see(input.device.step[call], apis.start[call], end, kNoIndex);
        if (explains(call)) ofStep[input.device.step[call]].waited = true;
      }
  };
  for (std::uint32_t op = 0; op < input.ops.size(); ++op) {
    stopPoint(op);
    if (!isOwn(ops.lane[op]) || input.ops.isOperator[op] == 0 ||
        (input.ops.parent[op] != kNoIndex && input.ops.isOperator[input.ops.parent[op]] != 0))
      continue;
    seeCallsBefore(ops.start[op]);
    if (input.steady(input.ops.step[op]))
      see(input.ops.step[op], ops.start[op], endOf(ops.start[op], ops.duration[op]), op);
  }
  seeCallsBefore(Nanoseconds(std::numeric_limits<std::int64_t>::max()));
  for (std::size_t i = 0; i < input.steps.steady.size(); ++i) {
    const std::uint32_t step = input.steps.steady[i];
    Silence &silence = ofStep[step];
    // Behind the last record too; the operator before it tells the place.
    see(step, input.steps.all[step].end, input.steps.all[step].end, silence.lastOp);
    if (silence.longest == 0) continue;
    all.count[i] = 1;
    all.hostTime[i] = static_cast<double>(silence.longest);
    all.work[i] = static_cast<double>(silence.idle);
    if (silence.after == kNoIndex) continue;
    if (all.site == 0) all.site = input.ops.site[silence.after];
    if (all.evidence.size() < OccurrenceGroups::kEvidenceRows)
      all.evidence.push_back(opEvidence(input, silence.after));
  }
  if (all.evidence.empty()) return;
  Finding finding = advise(groups, all, kSilence);
  const bool idle =
      all.workPerStep() >= kMaterialShare * static_cast<double>(stepPeriod(input).count);
  finding.title = fmt::format("The host does something unrecorded for {:.2f} ms in every step{}",
                              static_cast<double>(all.hostPerStep().count) * 1e-6,
                              idle ? " while the device waits" : "");
  finding.felt = Felt::kMeasured;
  judgeShare(input, all, std::move(finding), all.workPerStep(), kMaterialShare,
             "a step with the device idle meanwhile", outcome, {.kind = FixKind::kRemoveOps});
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  if (input.trace.hasDeviceRecords()) judgeSilence(input, outcome);
  LoaderTime loader(input);
  loader.add(input.trace->ops, "op");
  if (loader.all_.evidence.empty()) loader.add(input.trace->ranges, "range");
  const OccurrenceGroup &all = loader.all_;
  if (all.evidence.empty()) {
    if (!outcome.findings.empty() || !outcome.notWorth.empty()) return outcome;
    outcome.notChecked =
        "The run marks no data loader: PyTorch's DataLoader does, or a range of that name.";
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
