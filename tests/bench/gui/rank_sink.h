#pragma once

#include "core/trace/trace_sink.h"

namespace hotloop::gui_bench {

// Passes a made run on as one of several ranks: processes, threads, devices and streams of its own.
// Frames and stacks are those of the same program.
class RankSink : public TraceSink {
public:
  RankSink(TraceSink &sink, std::uint32_t rank) : sink_(sink), shift_(rank * kIdsPerRank) {}

  StringId intern(std::string_view text) override { return sink_.intern(text); }
  void setMeta(std::string_view key, std::string_view value) override { sink_.setMeta(key, value); }
  void add(const ProcessRow &row) override { pass(row); }
  void add(const ThreadRow &row) override { pass(row); }
  void add(const DeviceRow &row) override { pass(row); }
  void add(const StreamRow &row) override { pass(row); }
  void add(const FrameRow &row) override { sink_.add(row); }
  void add(const StackRow &row) override { sink_.add(row); }
  void add(const GraphNodeRow &row) override { pass(row); }
  void add(const StepEvent &row) override { pass(row); }
  void add(const OpEvent &row) override { pass(row); }
  void add(const RangeEvent &row) override { pass(row); }
  void add(const AllocationEvent &row) override { pass(row); }
  void add(const ApiEvent &row) override { pass(row); }
  void add(const KernelEvent &row) override { pass(row); }
  void add(const MemcpyEvent &row) override { pass(row); }
  void add(const MemsetEvent &row) override { pass(row); }
  void add(const SyncEvent &row) override { pass(row); }
  void add(const EventRecordEvent &row) override { pass(row); }
  void add(const OverheadEvent &row) override { pass(row); }
  void add(const ClockSyncRow &row) override { sink_.add(row); }
  void add(const QualityRow &row) override { sink_.add(row); }
  void add(const StepCounterRow &row) override { sink_.add(row); }
  void add(const LaneSummaryRow &row) override { sink_.add(row); }
  void add(const FindingRow &row) override { sink_.add(row); }
  void add(const EvidenceRow &row) override { sink_.add(row); }
  void add(const PredictionRow &row) override { sink_.add(row); }
  Result<void> commit() override { return sink_.commit(); }

private:
  static constexpr std::uint32_t kIdsPerRank = 16;

  template <class Id> void shift(Id &id) const {
    if (id.value != 0) id.value += shift_;
  }
  template <class Row> void pass(Row row) {
    if constexpr (std::is_same_v<Row, ProcessRow> || std::is_same_v<Row, ThreadRow> ||
                  std::is_same_v<Row, DeviceRow> || std::is_same_v<Row, StreamRow>) {
      shift(row.id);
    }
    if constexpr (requires { row.osPid; }) row.osPid += shift_;
    if constexpr (requires { row.ordinal; }) row.ordinal += shift_ / kIdsPerRank;
    if constexpr (requires { row.process; }) shift(row.process);
    if constexpr (requires { row.device; }) shift(row.device);
    if constexpr (requires { row.lane; }) shift(row.lane);
    if constexpr (requires { row.endLane; }) shift(row.endLane);
    if constexpr (requires { row.stream; }) shift(row.stream);
    if constexpr (requires { row.forwardThread; }) {
      if (row.forwardThread != 0) row.forwardThread += shift_;
    }
    sink_.add(row);
  }

  TraceSink &sink_;
  std::uint32_t shift_;
};

} // namespace hotloop::gui_bench
