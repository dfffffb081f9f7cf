#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/trace/string_pool.h"
#include "core/trace/tables/all_tables.h"

namespace hotloop {

// A run in memory: every table as columns, loaded once. Event tables are sorted by (start, longer
// first), so a parent precedes its children; row i of a column belongs to row i of its neighbours.
// Entity tables are dense and sorted by id, so row id-1 is entity `id` (absent ids are rows of
// zeros).
struct TraceData {
  std::map<std::string, std::string, std::less<>> meta;
  StringPool strings;

  ProcessColumns processes;
  ThreadColumns threads;
  DeviceColumns devices;
  StreamColumns streams;
  FrameColumns frames;
  StackColumns stacks;
  GraphNodeColumns graphNodes; // sorted by id, not dense

  StepColumns steps;
  OpColumns ops;
  RangeColumns ranges;
  AllocationColumns allocations;
  ApiColumns apis;
  KernelColumns kernels;
  MemcpyColumns memcpys;
  MemsetColumns memsets;
  SyncColumns syncs;
  EventRecordColumns eventRecords;
  OverheadColumns overheads;
  ClockSyncColumns clockSyncs;

  QualityColumns quality;
  StepCounterColumns stepCounters;
  LaneSummaryColumns laneSummaries;
  FindingColumns findings;
  EvidenceColumns evidence;
  PredictionColumns predictions;

  // The columns of `Table`: data.columns<OpTable>() is data.ops.
  template <class Table> ColumnsOf<Table> &columns();
  template <class Table> const ColumnsOf<Table> &columns() const {
    return const_cast<TraceData *>(this)->columns<Table>();
  }
};
template <> ColumnsOf<ProcessTable> &TraceData::columns<ProcessTable>();
template <> ColumnsOf<ThreadTable> &TraceData::columns<ThreadTable>();
template <> ColumnsOf<DeviceTable> &TraceData::columns<DeviceTable>();
template <> ColumnsOf<StreamTable> &TraceData::columns<StreamTable>();
template <> ColumnsOf<FrameTable> &TraceData::columns<FrameTable>();
template <> ColumnsOf<StackTable> &TraceData::columns<StackTable>();
template <> ColumnsOf<GraphNodeTable> &TraceData::columns<GraphNodeTable>();
template <> ColumnsOf<StepTable> &TraceData::columns<StepTable>();
template <> ColumnsOf<OpTable> &TraceData::columns<OpTable>();
template <> ColumnsOf<RangeTable> &TraceData::columns<RangeTable>();
template <> ColumnsOf<AllocationTable> &TraceData::columns<AllocationTable>();
template <> ColumnsOf<ApiTable> &TraceData::columns<ApiTable>();
template <> ColumnsOf<KernelTable> &TraceData::columns<KernelTable>();
template <> ColumnsOf<MemcpyTable> &TraceData::columns<MemcpyTable>();
template <> ColumnsOf<MemsetTable> &TraceData::columns<MemsetTable>();
template <> ColumnsOf<SyncTable> &TraceData::columns<SyncTable>();
template <> ColumnsOf<EventRecordTable> &TraceData::columns<EventRecordTable>();
template <> ColumnsOf<OverheadTable> &TraceData::columns<OverheadTable>();
template <> ColumnsOf<ClockSyncTable> &TraceData::columns<ClockSyncTable>();
template <> ColumnsOf<QualityTable> &TraceData::columns<QualityTable>();
template <> ColumnsOf<StepCounterTable> &TraceData::columns<StepCounterTable>();
template <> ColumnsOf<LaneSummaryTable> &TraceData::columns<LaneSummaryTable>();
template <> ColumnsOf<FindingTable> &TraceData::columns<FindingTable>();
template <> ColumnsOf<EvidenceTable> &TraceData::columns<EvidenceTable>();
template <> ColumnsOf<PredictionTable> &TraceData::columns<PredictionTable>();

// Read access to a run for analyzers, reports and the viewer. Cheap to copy (shared, immutable);
// safe to read from many threads.
class TraceView {
public:
  explicit TraceView(TraceData data) : data_(std::make_shared<const TraceData>(std::move(data))) {}

  const TraceData &operator*() const { return *data_; }
  const TraceData *operator->() const { return data_.get(); }

  std::string_view text(StringId id) const { return data_->strings.text(id); }
  // "" when the run has no such key.
  std::string_view meta(std::string_view key) const;
  // Does the run carry records of a device (kernels, copies or fills)?
  bool hasDeviceRecords() const;

private:
  std::shared_ptr<const TraceData> data_;
};

} // namespace hotloop
