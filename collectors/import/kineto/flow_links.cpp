#include "collectors/import/kineto/flow_links.h"

#include <utility>

namespace hotloop::kineto {

namespace {

constexpr std::size_t kMostHeld = 100'000;
constexpr std::size_t kMostFlows = 2 * kMostHeld;

std::uint32_t &correlationOf(FlowLinks::Row &row) {
  return std::visit(
      [](auto &one) -> std::uint32_t & {
        if constexpr (requires { one.row; })
          return one.row.correlation;
        else
          return one.correlation;
      },
      row);
}

} // namespace

std::size_t FlowLinks::Hash::operator()(const SlicePlace &place) const {
  std::uint64_t hash = static_cast<std::uint64_t>(place.start.count);
  for (const std::int64_t part : {place.process, place.thread})
    hash = (hash ^ static_cast<std::uint64_t>(part)) * 0x9E3779B97F4A7C15ull;
  return static_cast<std::size_t>(hash ^ (hash >> 29));
}

void FlowLinks::hold(const SlicePlace &place, Row row) {
  held_.emplace_back(place, std::move(row));
  if (held_.size() >= kMostHeld) settle();
}

void FlowLinks::addFlow(const SlicePlace &place, std::uint32_t id) {
  if (id != 0 && flows_.size() < kMostFlows) flows_.try_emplace(place, id);
}

void FlowLinks::settle() {
  for (auto &[place, row] : held_) {
    if (const auto flow = flows_.find(place); flow != flows_.end()) {
      correlationOf(row) = flow->second;
      ++found_;
    }
    emit_(row);
  }
  held_.clear();
  flows_.clear();
}

} // namespace hotloop::kineto
