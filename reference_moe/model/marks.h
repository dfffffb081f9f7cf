#pragma once

#include <cstdint>

#ifdef HOTLOOP_MOE_NVTX
#include <nvtx3/nvToolsExt.h>
#endif

// NVTX marks: all that the reference tells a profiler. Without a profiler a mark costs a few
// nanoseconds; built without NVTX it costs nothing.
namespace hotloop::moe {

// A range from construction to destruction. `name` must end in a zero byte; it is copied by NVTX.
class Range {
public:
#ifdef HOTLOOP_MOE_NVTX
  explicit Range(const char *name) { nvtxRangePushA(name); }
  ~Range() { nvtxRangePop(); }
#else
  explicit Range(const char *) {}
  ~Range() {}
#endif
  Range(const Range &) = delete;
  Range &operator=(const Range &) = delete;
};

// A point in time that carries one number, such as the tokens of one expert.
inline void markValue([[maybe_unused]] const char *name, [[maybe_unused]] std::int64_t value) {
#ifdef HOTLOOP_MOE_NVTX
  nvtxEventAttributes_t attributes{};
  attributes.version = NVTX_VERSION;
  attributes.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
  attributes.payloadType = NVTX_PAYLOAD_TYPE_INT64;
  attributes.payload.llValue = value;
  attributes.messageType = NVTX_MESSAGE_TYPE_ASCII;
  attributes.message.ascii = name;
  nvtxMarkEx(&attributes);
#endif
}

} // namespace hotloop::moe
