#pragma once

#include <string_view>
#include <utility>

#include "core/trace/normalise.h"
#include "core/trace/sink_adapter.h"
#include "core/trace/table_rows.h"
#include "core/trace/trace_sink.h"
#include "core/trace/trace_view.h"

namespace hotloop {

// A TraceSink in memory: what tests and importers hand to the analyzers without a file. A built run
// is what loadRun() would give for the same rows. Rows that refer to events (step_counter.step,
// evidence.row) count them from 1 in the order of add().
class TraceBuilder final : public EachTable<TraceBuilder, TraceSink> {
public:
  TraceBuilder() = default;
  // Goes on with rows that exist already.
  explicit TraceBuilder(TraceData data) : data_(std::move(data)) {}

  StringId intern(std::string_view text) override { return data_.strings.intern(text); }
  void setMeta(std::string_view key, std::string_view value) override;
  Result<void> commit() override { return {}; }

  // The run in the form that trace_view.h promises; the builder is empty afterwards. `counts` tells
  // what had to be mended. Errors: as normalise().
  Result<TraceView> build(NormaliseCounts *counts = nullptr);
  // The rows as they were added; the builder is empty afterwards.
  TraceData take() { return std::exchange(data_, TraceData()); }

  template <class Table> void addRow(const RowOf<Table> &row) {
    appendRow<Table>(data_.columns<Table>(), row);
  }

private:
  TraceData data_;
};

} // namespace hotloop
