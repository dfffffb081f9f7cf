#include "collectors/import/call_names.h"

namespace hotloop {

CallRole callRole(std::string_view name) {
  const auto starts = [&](std::string_view cuda, std::string_view driver, std::string_view hip) {
    return name.starts_with(cuda) || name.starts_with(driver) || name.starts_with(hip);
  };
  if (starts("cudaEventSynchronize", "cuEventSynchronize", "hipEventSynchronize"))
    return CallRole::kSyncEvent;
  if (starts("cudaStreamSynchronize", "cuStreamSynchronize", "hipStreamSynchronize"))
    return CallRole::kSyncStream;
  if (starts("cudaDeviceSynchronize", "cuCtxSynchronize", "hipDeviceSynchronize"))
    return CallRole::kSyncContext;
  if (starts("cudaMemcpy", "cuMemcpy", "hipMemcpy"))
    return name.find("Async") != std::string_view::npos ? CallRole::kCopyAsync : CallRole::kCopy;
  return CallRole::kOther;
}

std::uint8_t syncKindOf(CallRole role) {
  switch (role) {
  case CallRole::kSyncEvent: return 1;
  case CallRole::kSyncStream: return 3;
  case CallRole::kSyncContext: return 4;
  default: return 0;
  }
}

std::string_view withoutVersion(std::string_view name) {
  while (true) {
    const auto at = name.rfind('_');
    if (at == std::string_view::npos || at + 1 == name.size()) return name;
    const std::string_view end = name.substr(at + 1);
    const bool version = end.size() > 1 && end[0] == 'v' &&
                         end.find_first_not_of("0123456789", 1) == std::string_view::npos;
    if (!version && end != "ptsz" && end != "ptds") return name;
    name = name.substr(0, at);
  }
}

} // namespace hotloop
