#pragma once

#include <cstdint>

#include "reference_moe/device/delays.h"

#ifdef HOTLOOP_MOE_NVTX
#include <nvtx3/nvToolsExt.h>
#endif

// NVTX marks: all that the reference tells a profiler. Without a profiler a mark costs a few
// nanoseconds; built without NVTX it costs nothing.
namespace hotloop::moe {

#ifdef HOTLOOP_MOE_NVTX
inline nvtxEventAttributes_t valueAttributes(const char *name, std::int64_t value) {
  nvtxEventAttributes_t attributes{};
  attributes.version = NVTX_VERSION;
  attributes.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
  attributes.payloadType = NVTX_PAYLOAD_TYPE_INT64;
  attributes.payload.llValue = value;
  attributes.messageType = NVTX_MESSAGE_TYPE_ASCII;
  attributes.message.ascii = name;
  return attributes;
}
#endif

// A range from construction to destruction, with the delays that --inject-delay puts at its place.
// `name` must end in a zero byte; it is copied by NVTX. `value` is its payload.
class Range {
public:
#ifdef HOTLOOP_MOE_NVTX
  explicit Range(const char *name) {
    nvtxRangePushA(name);
    if (delaysActive) spendDelays(name);
  }
  Range(const char *name, std::int64_t value) {
    const nvtxEventAttributes_t attributes = valueAttributes(name, value);
    nvtxRangePushEx(&attributes);
  }
  ~Range() { nvtxRangePop(); }
#else
  explicit Range(const char *name) {
    if (delaysActive) spendDelays(name);
  }
  Range(const char *, std::int64_t) {}
  ~Range() {}
#endif
  Range(const Range &) = delete;
  Range &operator=(const Range &) = delete;
};

// A point in time that carries one number, such as the tokens of one expert.
inline void markValue([[maybe_unused]] const char *name, [[maybe_unused]] std::int64_t value) {
#ifdef HOTLOOP_MOE_NVTX
  const nvtxEventAttributes_t attributes = valueAttributes(name, value);
  nvtxMarkEx(&attributes);
#endif
}

} // namespace hotloop::moe
