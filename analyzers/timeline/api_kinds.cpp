#include "analyzers/timeline/api_kinds.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace hotloop::timeline {

namespace {

template <std::size_t N>
bool isOneOf(std::string_view name, const std::array<std::string_view, N> &names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Stream-ordered calls (cudaMallocAsync, cudaFreeAsync) neither wait nor take long.
constexpr std::array<std::string_view, 9> kFrees = {
    "cudaFree",    "cudaFreeHost", "cuMemFree",     "cuMemFreeHost",     "hipFree",
    "hipHostFree", "hipFreeHost",  "cudaFreeArray", "cudaHostUnregister"};
constexpr std::array<std::string_view, 14> kAllocations = {
    "cudaMalloc",       "cudaHostAlloc",     "cudaMallocHost", "cudaMallocManaged",
    "cudaMallocPitch",  "cudaHostRegister",  "cuMemAlloc",     "cuMemAllocHost",
    "cuMemHostAlloc",   "cuMemAllocManaged", "hipMalloc",      "hipHostMalloc",
    "hipMallocManaged", "cuMemCreate"};

// Runtime calls of the driver API end in _v2, _ptsz and the like.
std::string_view withoutSuffix(std::string_view name) {
  for (const std::string_view suffix : {"_ptsz", "_ptds"})
    if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  const std::size_t version = name.rfind("_v");
  if (version != std::string_view::npos && version + 2 < name.size() &&
      std::all_of(name.begin() + static_cast<std::ptrdiff_t>(version) + 2, name.end(),
                  [](unsigned char c) { return std::isdigit(c) != 0; }))
    name = name.substr(0, version);
  return name;
}

} // namespace

ApiKind apiKind(std::string_view full) {
  const std::string_view name = withoutSuffix(full);
  const auto contains = [&](std::string_view part) {
    return name.find(part) != std::string_view::npos;
  };
  if (contains("Synchronize")) {
    if (contains("Stream")) return ApiKind::kSyncStream;
    if (contains("Event")) return ApiKind::kSyncEvent;
    return ApiKind::kSyncDevice;
  }
  if (isOneOf(name, kFrees)) return ApiKind::kFree;
  if (isOneOf(name, kAllocations)) return ApiKind::kAllocate;
  if (contains("GraphLaunch")) return ApiKind::kGraphLaunch;
  if (contains("EventRecord")) return ApiKind::kEventRecord;
  if (contains("StreamWaitEvent")) return ApiKind::kStreamWait;
  if (contains("Memcpy"))
    return contains("Async") || contains("Peer") ? ApiKind::kWork : ApiKind::kBlockingCopy;
  if (contains("aunch") || contains("Memset")) return ApiKind::kWork;
  return ApiKind::kOther;
}

bool isCollective(std::string_view name) {
  const auto contains = [&](std::string_view part) {
    return name.find(part) != std::string_view::npos;
  };
  return contains("nccl") || contains("rccl") || contains("all_reduce") || contains("all2all") ||
         contains("allreduce") || contains("AllReduce");
}

} // namespace hotloop::timeline
