#include "collectors/inject/producer.h"
#include "collectors/inject/producer_api.h"

namespace hotloop::inject {

const HotloopProducerApi &producerTable() noexcept {
  static constexpr HotloopProducerApi kTable{
      HOTLOOP_PRODUCER_API_VERSION,
      sizeof(HotloopProducerApi),
      [](const char *name, std::uint32_t length, std::uint8_t scope, std::int64_t sequence,
         std::uint32_t forwardThread) { opBegin({name, length}, scope, sequence, forwardThread); },
      [] { opEnd(); },
      [](std::uint8_t allocator, std::uint64_t address, std::int64_t bytes,
         std::int64_t totalAllocated, std::int64_t totalReserved, std::int16_t device) {
        allocation(allocator, address, bytes, totalAllocated, totalReserved, device);
      },
      [](const char *key, const char *value) {
        if (key && value) meta(key, value);
      },
      [](std::uint32_t counter, std::uint64_t add) {
        if (counter < static_cast<std::uint32_t>(ring::Counter::kCount))
          count(static_cast<ring::Counter>(counter), add);
      },
      [](std::uint8_t action, std::uint8_t allocator, std::uint64_t address, std::int64_t bytes,
         std::int16_t device) { allocatorEvent(action, allocator, address, bytes, device); }};
  return kTable;
}

} // namespace hotloop::inject
