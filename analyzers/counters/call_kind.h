#pragma once

#include <cstdint>
#include <string_view>

namespace hotloop {

// What a CUDA runtime or driver call does, by its name; what no rule asks for is kOther.
enum class CallKind : std::uint8_t {
  kOther,
  kLaunch,
  kCopy, // any form of memcpy
  kFill, // any form of memset
  kGraphLaunch,
  kDeviceSync, // of the device or the context
  kStreamSync,
  kEventSync,
  kEventRecord,
  kStreamWait, // a stream waits for an event; the host does not
  kQuery,      // of an event or a stream
  kMalloc,     // device memory from the driver
  kFree,
  kPoolMalloc, // stream-ordered
  kPoolFree,
  kHostMalloc, // pinned, or registered
  kHostFree,
  kCreate, // of a stream, an event, a library handle
  kDestroy,
  kGraphBuild, // end of capture, instantiation, update
  kModuleLoad,
};

// Version suffixes ("cuMemcpyHtoD_v2") do not matter.
CallKind callKind(std::string_view name);

// Does the call return before its work is done? By the Async in its name.
bool isAsyncForm(std::string_view name);

constexpr bool startsWork(CallKind kind) {
  return kind == CallKind::kLaunch || kind == CallKind::kCopy || kind == CallKind::kFill ||
         kind == CallKind::kGraphLaunch;
}
constexpr bool waitsForDevice(CallKind kind) {
  return kind == CallKind::kDeviceSync || kind == CallKind::kStreamSync ||
         kind == CallKind::kEventSync;
}

} // namespace hotloop
