#include "gui/data/run_models.h"

#include <algorithm>

#include "analyzers/timeline/idle.h"
#include "core/base/stop.h"

namespace hotloop::gui {
namespace {

template <class Columns>
EvidencePlace placeAt(const Columns &columns, EventTable table, std::size_t row) {
  EvidencePlace place;
  if (row >= columns.start.size()) return place;
  place.known = true;
  place.table = table;
  place.entity = columns.lane[row].value;
  place.start = columns.start[row].count;
  place.duration = columns.duration[row].count;
  return place;
}

EvidencePlace placeOf(const TraceView &trace, const Evidence &evidence) {
  if (evidence.row < 1) return {};
  const auto row = static_cast<std::size_t>(evidence.row - 1);
  const std::string &table = evidence.table;
  if (table == "op") return placeAt(trace->ops, EventTable::kOp, row);
  if (table == "range") return placeAt(trace->ranges, EventTable::kRange, row);
  if (table == "step") return placeAt(trace->steps, EventTable::kStep, row);
  if (table == "api") return placeAt(trace->apis, EventTable::kApi, row);
  if (table == "sync") return placeAt(trace->syncs, EventTable::kSync, row);
  if (table == "kernel") return placeAt(trace->kernels, EventTable::kKernel, row);
  if (table == "memcpy") return placeAt(trace->memcpys, EventTable::kKernel, row);
  if (table == "memset") return placeAt(trace->memsets, EventTable::kKernel, row);
  // An allocation is no slice; the operator around it is.
  if (table == "allocation") return placeAt(trace->allocations, EventTable::kOp, row);
  return {};
}

std::vector<IdleBar> idleBars(const TraceView &trace, const Steps &steps,
                              const std::stop_token &stop) {
  std::vector<IdleBar> bars;
  const IdleAccount account = accountIdle(trace, steps, stop);
  const auto count = static_cast<std::int64_t>(std::max<std::uint32_t>(1, account.steps));
  for (const DeviceIdle &device : account.devices) {
    IdleBar bar;
    bar.label = "GPU";
    if (device.device && device.device.value <= trace->devices.id.size())
      bar.label += " " + std::to_string(trace->devices.ordinal[device.device.value - 1]);
    bar.total = device.idle() / count;
    for (std::size_t cause = 0; cause < kIdleCauses; ++cause) {
      const std::int64_t ns = device.byCause[cause] / count;
      if (ns > 0) bar.causes.emplace_back(idleCauseText(static_cast<IdleCause>(cause)), ns);
    }
    std::stable_sort(bar.causes.begin(), bar.causes.end(),
                     [](const auto &a, const auto &b) { return a.second > b.second; });
    if (bar.total > 0) bars.push_back(std::move(bar));
  }
  return bars;
}

} // namespace

RunModels makeModels(const TraceView &trace, const Analysis &analysis,
                     const std::stop_token &stop) {
  RunModels models;
  runUntilStopped(stop, [&] {
    models.callTree = buildCallTree(trace);
    stopPoint();
    models.experts = findExperts(trace);
    stopPoint();
    models.memory = buildMemoryModel(trace);
  });
  models.profile = profileRun(trace, -1, stop);
  models.profile.series.clear();
  models.profile.series.shrink_to_fit();
  if (stop.stop_requested()) return models;
  models.idle = idleBars(trace, analysis.stepTable, stop);
  for (const auto *list : {&analysis.findings, &analysis.unresolved, &analysis.notWorth}) {
    for (const Finding &finding : *list) {
      auto &places = models.places.emplace_back();
      for (const Evidence &evidence : finding.evidence) places.push_back(placeOf(trace, evidence));
    }
  }
  return models;
}

std::uint32_t sliceOf(const Trace &trace, const EvidencePlace &place) {
  if (!place.known) return kNoSlice;
  const std::int64_t start = place.start - trace.origin;
  std::uint32_t around = kNoSlice; // the innermost slice that covers it
  for (const Track &track : trace.tracks) {
    if (track.table != place.table || track.entity != place.entity) continue;
    for (std::uint32_t depth = 0; depth < track.laneCount; ++depth) {
      const Lane &lane = trace.lanes[track.firstLane + depth];
      const std::uint32_t slice = trace.lowerBound(lane, start);
      if (slice < lane.first + lane.count && trace.start[slice] == start &&
          trace.duration(slice) == place.duration) {
        return slice;
      }
      if (const std::uint32_t over = trace.at(lane, start); over != kNoSlice) around = over;
    }
  }
  return around;
}

} // namespace hotloop::gui
