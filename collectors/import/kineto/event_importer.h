#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "collectors/import/kineto/call_links.h"
#include "collectors/import/kineto/event.h"
#include "collectors/import/kineto/flow_links.h"
#include "collectors/import/kineto/lanes.h"
#include "collectors/import/kineto/names.h"
#include "core/trace/trace_sink.h"

namespace hotloop::kineto {

// Turns events into rows of a run, one at a time and in any order. Categories of all generations of
// Kineto, by the meaning of `cat` in any case; docs/formats.md has the table.
class EventImporter {
public:
  explicit EventImporter(TraceSink &sink)
      : sink_(sink), names_(sink), links_(sink),
        flows_([this](const FlowLinks::Row &row) { write(row); }) {}

  void add(const Event &event);
  // Ends the events: what is held is written, lanes and data-quality rows included.
  void finish(std::int32_t rank);

  Lanes &lanes() { return lanes_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t deviceEvents() const { return deviceEvents_; }
  // Between the first start and the last end; none when there was no event.
  Nanoseconds first() const { return first_; }
  Nanoseconds last() const { return last_; }

private:
  enum class Kind : std::uint8_t {
    kUnknown,
    kOp,
    kUserScope,
    kPython,
    kRuntime,
    kDriver,
    kKernel,
    kMemcpy,
    kMemset,
    kSync,
    kEventRecord,
    kOverhead,
    kInstant,
    kNotKept, // known, and no place in a run: flows, projections, spans
  };
  struct Span {
    Nanoseconds start;
    Nanoseconds duration;
  };

  Kind kindOf(std::string_view category);
  bool readSpan(const Event &event, Span &span);
  ThreadId threadOf(const Event &event);
  StreamId streamOf(const Event &event);

  // A call or work of a device whose correlation id may have to be looked for.
  void link(const Event &event, Span span, const FlowLinks::Row &row, std::uint32_t correlation);
  void write(const FlowLinks::Row &row);

  void addMetadata(const Event &event);
  void addInstant(const Event &event);
  void addFlow(const Event &event);
  void addComplete(const Event &event, Kind kind);
  void addOp(const Event &event, Span span, Kind kind);
  void addRange(const Event &event, Span span);
  void addCall(const Event &event, Span span, Kind kind);
  void addKernel(const Event &event, Span span);
  void addMemcpy(const Event &event, Span span);
  void addMemset(const Event &event, Span span);
  void addSync(const Event &event, Span span);
  void addEventRecord(const Event &event, Span span);
  void addOverhead(const Event &event, Span span);
  void addAllocation(const Event &event);
  void skip(std::string_view what);
  void reportCounts();

  TraceSink &sink_;
  Names names_;
  CallLinks links_;
  FlowLinks flows_;
  Lanes lanes_;
  std::map<std::string, Kind, std::less<>> kinds_;
  std::string lastCategory_;
  Kind lastKind_ = Kind::kUnknown;
  std::map<std::string, std::int64_t, std::less<>> skipped_; // by category
  std::map<std::string, std::int64_t, std::less<>> notKept_; // by category
  std::map<std::int64_t, std::int64_t> recordedEvents_; // correlation -> event, written already
  std::int64_t withoutTime_ = 0;
  std::int64_t hipCalls_ = 0;
  std::int64_t rows_ = 0;
  std::int64_t deviceEvents_ = 0;
  Nanoseconds first_;
  Nanoseconds last_;
};

} // namespace hotloop::kineto
