#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "collectors/import/kineto/names.h"
#include "core/trace/trace_sink.h"

namespace hotloop::kineto {

// Where a slice is drawn, which is also where the arrow at it begins or ends.
struct SlicePlace {
  std::int64_t process = 0, thread = 0;
  Nanoseconds start;
  bool operator==(const SlicePlace &) const = default;
};

// Correlation ids for calls and device work that have none of their own: those of the arrows
// (`ac2g` flows) that begin at the call and end at the work. Rows without an id wait here, up to a
// bound; an arrow counts when it comes behind the first of them, as Kineto writes it. Beyond the
// bound what waits is settled with what is known by then.
class FlowLinks {
public:
  struct Call {
    ApiEvent row;
    CallRole role = CallRole::kOther;
  };
  using Row = std::variant<Call, KernelEvent, MemcpyEvent, MemsetEvent>;

  // `emit` takes every row that waited, with its id or still 0.
  explicit FlowLinks(std::function<void(const Row &)> emit) : emit_(std::move(emit)) {}

  void hold(const SlicePlace &place, Row row);
  bool wanted() const { return !held_.empty(); }
  void addFlow(const SlicePlace &place, std::uint32_t id);
  void settle();
  // Rows that got their id from an arrow; complete after settle().
  std::int64_t found() const { return found_; }

private:
  struct Hash {
    std::size_t operator()(const SlicePlace &place) const;
  };
  std::function<void(const Row &)> emit_;
  std::vector<std::pair<SlicePlace, Row>> held_;
  std::unordered_map<SlicePlace, std::uint32_t, Hash> flows_;
  std::int64_t found_ = 0;
};

} // namespace hotloop::kineto
