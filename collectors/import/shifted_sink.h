#pragma once

#include <string>
#include <string_view>

#include "core/trace/meta_keys.h"
#include "core/trace/sink_adapter.h"
#include "core/trace/trace_sink.h"

namespace hotloop {

// Hands every row and fact on to another sink, with points in time moved by `shift`.
class ShiftedSink final : public EachTable<ShiftedSink, TraceSink> {
public:
  ShiftedSink(TraceSink &sink, Nanoseconds shift, std::int32_t rank)
      : sink_(sink), shift_(shift), rank_(rank) {}

  StringId intern(std::string_view text) override { return sink_.intern(text); }
  void setMeta(std::string_view key, std::string_view value) override {
    if (key == meta_key::kStartMonotonic || key == meta_key::kEndMonotonic)
      sink_.setMeta(key, std::to_string(std::stoll(std::string(value)) + shift_.count));
    else
      sink_.setMeta(key, value);
  }
  Result<void> commit() override { return sink_.commit(); }

  template <class Table> void addRow(RowOf<Table> row) {
    if constexpr (requires { row.start; }) row.start += shift_;
    if constexpr (std::is_same_v<Table, ProcessTable>) {
      row.end += shift_;
      if (row.rank < 0) row.rank = rank_;
    }
    sink_.add(row);
  }

private:
  TraceSink &sink_;
  Nanoseconds shift_;
  std::int32_t rank_;
};

} // namespace hotloop
