#include "core/trace/trace_view.h"

namespace hotloop {

#define HOTLOOP_COLUMNS_OF(Table, member)                                                          \
  template <> ColumnsOf<Table> &TraceData::columns<Table>() { return member; }
HOTLOOP_COLUMNS_OF(ProcessTable, processes)
HOTLOOP_COLUMNS_OF(ThreadTable, threads)
HOTLOOP_COLUMNS_OF(DeviceTable, devices)
HOTLOOP_COLUMNS_OF(StreamTable, streams)
HOTLOOP_COLUMNS_OF(FrameTable, frames)
HOTLOOP_COLUMNS_OF(StackTable, stacks)
HOTLOOP_COLUMNS_OF(GraphNodeTable, graphNodes)
HOTLOOP_COLUMNS_OF(StepTable, steps)
HOTLOOP_COLUMNS_OF(OpTable, ops)
HOTLOOP_COLUMNS_OF(RangeTable, ranges)
HOTLOOP_COLUMNS_OF(AllocationTable, allocations)
HOTLOOP_COLUMNS_OF(ApiTable, apis)
HOTLOOP_COLUMNS_OF(KernelTable, kernels)
HOTLOOP_COLUMNS_OF(MemcpyTable, memcpys)
HOTLOOP_COLUMNS_OF(MemsetTable, memsets)
HOTLOOP_COLUMNS_OF(SyncTable, syncs)
HOTLOOP_COLUMNS_OF(EventRecordTable, eventRecords)
HOTLOOP_COLUMNS_OF(OverheadTable, overheads)
HOTLOOP_COLUMNS_OF(ClockSyncTable, clockSyncs)
HOTLOOP_COLUMNS_OF(QualityTable, quality)
HOTLOOP_COLUMNS_OF(StepCounterTable, stepCounters)
HOTLOOP_COLUMNS_OF(LaneSummaryTable, laneSummaries)
HOTLOOP_COLUMNS_OF(FindingTable, findings)
HOTLOOP_COLUMNS_OF(EvidenceTable, evidence)
HOTLOOP_COLUMNS_OF(PredictionTable, predictions)
#undef HOTLOOP_COLUMNS_OF

std::string_view TraceView::meta(std::string_view key) const {
  const auto found = data_->meta.find(key);
  return found == data_->meta.end() ? std::string_view() : std::string_view(found->second);
}

bool TraceView::hasDeviceRecords() const {
  return !data_->kernels.start.empty() || !data_->memcpys.start.empty() ||
         !data_->memsets.start.empty();
}

} // namespace hotloop
