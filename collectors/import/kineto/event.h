#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hotloop::kineto {

// A JSON value as its text: strings without their quotes, still escaped; numbers, words, arrays and
// objects as they stand. Points into the text that was parsed.
struct Value {
  enum class Kind : std::uint8_t { kAbsent, kString, kPlain };
  std::string_view text;
  Kind kind = Kind::kAbsent;

  explicit operator bool() const { return kind != Kind::kAbsent; }
  bool isString() const { return kind == Kind::kString; }
};

// Members of an event and of its `args` that an importer looks at, under any of their spellings.
enum class Field : std::uint8_t {
  // of the event
  kPhase,
  kCategory,
  kName,
  kProcess,
  kThread,
  kTime,
  kDuration,
  kId,
  // of its args
  kExternalId,
  kCorrelation,
  kCallback,
  kStream,
  kDevice,
  kContext,
  kBytes,
  kGrid,
  kBlock,
  kRegisters,
  kSharedMemory,
  kGraph,
  kGraphNode,
  kPriority,
  kSequence,
  kForwardThread,
  kCallStack,
  kSyncKind,
  kWaitOnStream,
  kWaitOnRecord,
  kWaitOnEvent,
  kEvent,
  kAddress,
  kMemoryBytes,
  kTotalAllocated,
  kTotalReserved,
  kDeviceType,
  kDeviceId,
  // only in traces that hotloop wrote
  kStaticShared,
  kStatus,
  kValue,
  kAllocator,
  kAction,
  kRangeKind,
  kRangeDomain,
  kRangeCategory,
  kRangeColor,
  kRangePayload,
  kLabel, // args.name of metadata events
  kLabels,
  kCount,
  kUnknown = kCount,
};

// The field that member `key` is, of the event itself or of its args.
Field eventField(std::string_view key);
Field argumentField(std::string_view key);

// One object of the event array, as far as anybody looks at it.
class Event {
public:
  void clear() {
    present_ = 0;
    nonFinite = false;
  }
  void set(Field field, Value value) {
    values_[static_cast<std::size_t>(field)] = value;
    present_ |= std::uint64_t{1} << static_cast<unsigned>(field);
  }
  bool has(Field field) const { return (present_ >> static_cast<unsigned>(field) & 1) != 0; }
  // Absent for a member that the event lacks.
  Value get(Field field) const {
    return has(field) ? values_[static_cast<std::size_t>(field)] : Value();
  }

  bool nonFinite = false; // a number was NaN or infinite; that member is left out

private:
  std::array<Value, static_cast<std::size_t>(Field::kCount)> values_;
  std::uint64_t present_ = 0;
};
static_assert(static_cast<unsigned>(Field::kCount) <= 64);

// Is this plain text NaN or an infinity, in any spelling that writers use?
bool isNonFinite(std::string_view plain);

// Integer in a number or in a string that holds one ("7", "stream 7" -> 7; -1 stays -1); fractions
// are cut. Nothing for anything else.
std::optional<std::int64_t> integerOf(Value value);
// Decimal microseconds as whole nanoseconds, exact for up to nine digits behind the point.
std::optional<std::int64_t> nanosecondsOf(Value value);
// The text of a JSON string with its escapes taken out, into `room` where there are any. Bad
// escapes stay as they are.
std::string_view unescaped(std::string_view escaped, std::string &room);

} // namespace hotloop::kineto
