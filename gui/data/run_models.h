#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "analyzers/analysis.h"
#include "analyzers/gate/run_profile.h"
#include "core/trace/trace_view.h"
#include "gui/data/call_tree.h"
#include "gui/data/experts.h"
#include "gui/data/memory_model.h"
#include "gui/data/trace/trace.h"

namespace hotloop::gui {

// Where a finding was seen: enough to find the slice again in a timeline.
struct EvidencePlace {
  bool known = false; // false: its table is not drawn
  EventTable table = EventTable::kOp;
  std::uint32_t entity = 0; // thread or stream
  std::int64_t start = 0;   // run clock
  std::int64_t duration = 0;
};

// Why a device stood still in the steady steps; causes add up to what is idle.
struct IdleBar {
  std::string label;
  std::int64_t total = 0;                                   // idle ns per step
  std::vector<std::pair<std::string, std::int64_t>> causes; // greatest first
};

// What pages need of a run beside its events and analysis.
struct RunModels {
  CallTree callTree;
  Experts experts;
  MemoryModel memory;
  // Who owns each nanosecond of the steady steps (durations, owners); its series are not kept.
  RunProfile profile;
  std::vector<IdleBar> idle; // by device
  std::vector<std::vector<EvidencePlace>>
      places; // by finding (findings, unresolved, then notWorth), evidence
};
// When `stop` asks, it returns soon with a part of it.
RunModels makeModels(const TraceView &trace, const Analysis &analysis,
                     const std::stop_token &stop = {});

// The slice of a place; kNoSlice when it is not drawn.
std::uint32_t sliceOf(const Trace &trace, const EvidencePlace &place);

} // namespace hotloop::gui
