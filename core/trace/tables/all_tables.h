#pragma once

#include "core/trace/tables/cuda_tables.h"
#include "core/trace/tables/entity_tables.h"
#include "core/trace/tables/host_tables.h"
#include "core/trace/tables/result_tables.h"

namespace hotloop {

template <class... Tables> struct TableList {
  // Calls visit.template operator()<Table>() for each table, in order.
  template <class Visit> static constexpr void forEach(Visit &&visit) {
    (visit.template operator()<Tables>(), ...);
  }
};

// Every table of the run file but `meta` and `string`, which are not made of fixed columns. A new
// table is added here and in TraceSink.
using AllTables =
    TableList<ProcessTable, ThreadTable, DeviceTable, StreamTable, FrameTable, StackTable,
              GraphNodeTable, StepTable, OpTable, RangeTable, AllocationTable, ApiTable,
              KernelTable, MemcpyTable, MemsetTable, SyncTable, EventRecordTable, OverheadTable,
              ClockSyncTable, QualityTable, StepCounterTable, LaneSummaryTable, FindingTable,
              EvidenceTable, PredictionTable>;

} // namespace hotloop
