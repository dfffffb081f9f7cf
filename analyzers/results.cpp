#include "analyzers/results.h"

#include <algorithm>
#include <map>

#include "analyzers/steps/lanes.h"
#include "core/report/report.h"
#include "core/report/report_json.h"

namespace hotloop {

namespace {

// Row numbers of Steps::all in the step table, new rows after the stored ones.
std::vector<std::uint32_t> stepRows(const TraceView &trace, const Steps &steps) {
  std::vector<std::uint32_t> rows;
  auto next = static_cast<std::uint32_t>(trace->steps.start.size());
  for (const Step &step : steps.all) rows.push_back(step.row != kNoIndex ? step.row + 1 : ++next);
  return rows;
}

// Events of one lane: their number, their span, and the length of their union. Fed in time order.
struct LaneUse {
  std::int64_t events = 0;
  std::int64_t busy = 0;
  Nanoseconds first;
  Nanoseconds last;

  void add(Nanoseconds start, Nanoseconds end) {
    if (events++ == 0) {
      first = last = start;
    }
    if (end > last) {
      busy += (end - std::max(start, last)).count;
      last = end;
    }
  }
};

// Visits the rows of several tables together in the order of their starts.
template <class Lane, class... Columns>
std::map<Lane, LaneUse> useOfLanes(const Columns &...tables) {
  std::map<Lane, LaneUse> lanes;
  constexpr std::size_t kTables = sizeof...(tables);
  std::size_t next[kTables] = {};
  while (true) {
    std::size_t table = 0;
    std::size_t earliest = kTables;
    Nanoseconds start;
    const auto look = [&](const auto &rows) {
      const std::size_t row = next[table];
      if (row < rows.start.size() && (earliest == kTables || rows.start[row] < start)) {
        earliest = table;
        start = rows.start[row];
      }
      ++table;
    };
    (look(tables), ...);
    if (earliest == kTables) return lanes;
    table = 0;
    const auto take = [&](const auto &rows) {
      if (table++ != earliest) return;
      const std::size_t row = next[earliest]++;
      lanes[rows.lane[row]].add(rows.start[row], endOf(rows.start[row], rows.duration[row]));
    };
    (take(tables), ...);
  }
}

} // namespace

void storeSteps(const Analysis &analysis, TraceSink &sink) {
  const Steps &steps = analysis.stepTable;
  const StringId name = sink.intern("step");
  for (const Step &step : steps.all) {
    if (step.row != kNoIndex) continue;
    sink.add(StepEvent{step.start, step.end - step.start, steps.lane, name, step.number,
                       steps.source, step.steady});
  }
}

void storeStepCounters(const TraceView &trace, const Analysis &analysis, TraceSink &sink) {
  const std::vector<std::uint32_t> rows = stepRows(trace, analysis.stepTable);
  std::vector<StringId> siteText;
  for (const Site &site : analysis.counterSites)
    siteText.push_back(site.file.empty() && site.function.empty() ? StringId()
                                                                  : sink.intern(site.text()));
  const StringId operators = sink.intern("operators");
  const StringId launches = sink.intern("launches");
  const StringId hostSyncs = sink.intern("host_syncs");
  const StringId allocations = sink.intern("allocations");
  const StringId bytes = sink.intern("allocated_bytes");
  const StringId hostTime = sink.intern("host_ms");
  for (const StepSite &entry : analysis.counters.perSite) {
    const auto add = [&](StringId counter, double value) {
      if (value != 0)
        sink.add(StepCounterRow{rows[entry.step], counter, siteText[entry.site], value});
    };
    const Counters &counters = entry.counters;
    add(operators, static_cast<double>(counters.operators));
    add(launches, static_cast<double>(counters.launches));
    add(hostSyncs, static_cast<double>(counters.hostSyncs));
    add(allocations, static_cast<double>(counters.allocations));
    add(bytes, static_cast<double>(counters.allocatedBytes));
    add(hostTime, static_cast<double>(counters.selfTime) * 1e-6);
  }
}

std::vector<LaneSummaryRow> laneSummaries(const TraceView &trace) {
  std::vector<LaneSummaryRow> rows;
  for (const auto &[lane, use] : useOfLanes<ThreadId>(trace->ops, trace->apis))
    rows.push_back({lane, StreamId(), use.events, Nanoseconds(use.busy), use.first, use.last});
  for (const auto &[lane, use] :
       useOfLanes<StreamId>(trace->kernels, trace->memcpys, trace->memsets))
    rows.push_back({ThreadId(), lane, use.events, Nanoseconds(use.busy), use.first, use.last});
  return rows;
}

void storeFindings(const Analysis &analysis, TraceSink &sink) {
  std::uint32_t rank = 0;
  for (const Finding &finding : analysis.findings) {
    ++rank;
    sink.add(FindingRow{rank, sink.intern(finding.rule), sink.intern(finding.title),
                        sink.intern(finding.site.text()), finding.perStep,
                        sink.intern(feltName(finding.felt)),
                        sink.intern(findingJson(finding, static_cast<int>(rank)))});
    for (const Evidence &evidence : finding.evidence)
      sink.add(EvidenceRow{rank, sink.intern(evidence.table), evidence.row});
  }
}

void storeResults(const TraceView &trace, const Analysis &analysis, TraceSink &sink) {
  storeSteps(analysis, sink);
  storeStepCounters(trace, analysis, sink);
  for (const LaneSummaryRow &row : laneSummaries(trace)) sink.add(row);
  storeFindings(analysis, sink);
  for (const QualityRow &row : analysis.extraQuality)
    sink.add(QualityRow{sink.intern(analysis.extraStrings.text(row.name)), row.severity, row.count,
                        sink.intern(analysis.extraStrings.text(row.message))});
}

} // namespace hotloop
