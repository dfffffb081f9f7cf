#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>

#include "collectors/import/nsys/nsys_entities.h"
#include "collectors/import/nsys/nsys_schema.h"
#include "core/trace/trace_sink.h"

namespace hotloop::nsys {

// The event tables of an export, one after the other. CUDA calls come first: copies and waits are
// tied to them.
class Events {
public:
  Events(Database &database, const Schema &schema, Entities &entities, TraceSink &sink)
      : database_(database), schema_(schema), entities_(entities), sink_(sink) {}

  // `tick` is called every few thousand rows.
  Result<void> read(const std::function<void(std::int64_t rows)> &tick);
  void reportCounts();

  std::int64_t rows() const { return rows_; }
  Nanoseconds first() const { return first_; }
  Nanoseconds last() const { return last_; }

private:
  struct Span {
    Nanoseconds start;
    Nanoseconds duration;
  };
  struct Call { // of those that copy or wait
    ThreadId lane;
    bool async = false;
  };
  struct Wait {
    std::int64_t globalPid = 0;
    SyncEvent row;
  };

  Result<void> readCalls();
  Result<void> readKernels();
  Result<void> readGraphs();
  Result<void> readCopies();
  Result<void> readFills();
  Result<void> readSyncs();
  Result<void> readEventRecords();
  Result<void> readGraphNodes();
  Result<void> readOverhead();
  Result<void> readMemory();
  Result<void> readRanges();
  void addOperator(const Database::Row &row, Span at, std::int64_t thread);
  Result<void> readDiagnostics();
  Result<void> countOthers();
  // Numbers of an enumeration as the export spells them, else as `standard` has them.
  Result<std::map<std::int64_t, std::string>> readEnum(std::string_view table);

  Span span(const Database::Row &row, int start, int end);
  void counted();
  std::uint64_t callKey(std::int64_t globalPid, std::int64_t correlation) const;

  Database &database_;
  const Schema &schema_;
  Entities &entities_;
  TraceSink &sink_;
  std::function<void(std::int64_t)> tick_;
  std::unordered_map<std::uint64_t, Call> calls_;
  std::vector<Wait> waits_; // calls that wait, until it is known if there are records of waits
  std::map<std::string, std::int64_t> notKept_;
  std::int64_t rows_ = 0;
  std::int64_t diagnostics_ = 0;
  std::string firstDiagnostic_;
  Nanoseconds first_{INT64_MAX};
  Nanoseconds last_;
};

} // namespace hotloop::nsys
