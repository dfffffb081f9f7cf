#pragma once

#include <cstdint>
#include <string_view>

namespace hotloop {

// What the name of a CUDA (or HIP) call tells.
enum class CallRole : std::uint8_t {
  kOther,
  kCopyAsync,
  kCopy,
  kSyncEvent,   // cudaEventSynchronize
  kSyncStream,  // cudaStreamSynchronize
  kSyncContext, // cudaDeviceSynchronize
};

CallRole callRole(std::string_view name);
// The number of SyncTable::kind; 0 for a call that does not wait.
std::uint8_t syncKindOf(CallRole role);
// cudaLaunchKernel_v7000 and cuMemcpyDtoH_v2 are versions of a call; _ptsz marks the per-thread
// default stream.
std::string_view withoutVersion(std::string_view name);

} // namespace hotloop
