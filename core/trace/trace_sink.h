#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/trace/tables/all_tables.h"

namespace hotloop {

// Where collectors and importers write a run. Two implementations: the SQLite store
// (core/store/run_writer.h) and TraceBuilder (in memory).
//
// Rows may come in any order, except that an id is interned or added before the events that use it
// are loaded again (not: written). Entity rows with a known id replace the earlier row.
// add() never fails by itself: the first failure is kept, later rows are dropped, and commit()
// returns it. One thread at a time.
class TraceSink {
public:
  virtual ~TraceSink() = default;

  // Same text, same id; "" is id 0.
  virtual StringId intern(std::string_view text) = 0;
  // Facts about the run as a whole; a known key is overwritten. Keys: core/trace/meta_keys.h.
  virtual void setMeta(std::string_view key, std::string_view value) = 0;

  virtual void add(const ProcessRow &row) = 0;
  virtual void add(const ThreadRow &row) = 0;
  virtual void add(const DeviceRow &row) = 0;
  virtual void add(const StreamRow &row) = 0;
  virtual void add(const FrameRow &row) = 0;
  virtual void add(const StackRow &row) = 0;
  virtual void add(const GraphNodeRow &row) = 0;
  virtual void add(const StepEvent &row) = 0;
  virtual void add(const OpEvent &row) = 0;
  virtual void add(const RangeEvent &row) = 0;
  virtual void add(const AllocationEvent &row) = 0;
  virtual void add(const ApiEvent &row) = 0;
  virtual void add(const KernelEvent &row) = 0;
  virtual void add(const MemcpyEvent &row) = 0;
  virtual void add(const MemsetEvent &row) = 0;
  virtual void add(const SyncEvent &row) = 0;
  virtual void add(const EventRecordEvent &row) = 0;
  virtual void add(const OverheadEvent &row) = 0;
  virtual void add(const ClockSyncRow &row) = 0;
  // `row.name` known already: counts are added up, the higher severity and the later message stay.
  virtual void add(const QualityRow &row) = 0;
  virtual void add(const StepCounterRow &row) = 0;
  virtual void add(const LaneSummaryRow &row) = 0;
  virtual void add(const FindingRow &row) = 0;
  virtual void add(const EvidenceRow &row) = 0;
  virtual void add(const PredictionRow &row) = 0;

  // Makes all rows so far durable (as far as the sink can) and returns the first failure, if any.
  virtual Result<void> commit() = 0;
};

} // namespace hotloop
