#include "analyzers/counters/call_kind.h"

namespace hotloop {

namespace {

struct Prefix {
  std::string_view text; // behind "cuda" or "cu"
  CallKind kind;
};

// The first that fits decides, so longer ones stand before what they begin with.
constexpr Prefix kPrefixes[] = {
    {"GraphLaunch", CallKind::kGraphLaunch},
    {"GraphInstantiate", CallKind::kGraphBuild},
    {"GraphExecUpdate", CallKind::kGraphBuild},
    {"StreamEndCapture", CallKind::kGraphBuild},
    {"LaunchHostFunc", CallKind::kOther},
    {"Launch", CallKind::kLaunch},
    {"MemcpyToSymbol", CallKind::kCopy},
    {"Memcpy", CallKind::kCopy},
    {"Memset", CallKind::kFill},
    {"DeviceSynchronize", CallKind::kDeviceSync},
    {"ThreadSynchronize", CallKind::kDeviceSync},
    {"CtxSynchronize", CallKind::kDeviceSync},
    {"StreamSynchronize", CallKind::kStreamSync},
    {"EventSynchronize", CallKind::kEventSync},
    {"EventRecord", CallKind::kEventRecord},
    {"StreamWaitEvent", CallKind::kStreamWait},
    {"EventQuery", CallKind::kQuery},
    {"StreamQuery", CallKind::kQuery},
    {"MallocAsync", CallKind::kPoolMalloc},
    {"MallocFromPoolAsync", CallKind::kPoolMalloc},
    {"MemAllocAsync", CallKind::kPoolMalloc},
    {"MemAllocFromPoolAsync", CallKind::kPoolMalloc},
    {"FreeAsync", CallKind::kPoolFree},
    {"MemFreeAsync", CallKind::kPoolFree},
    {"MallocHost", CallKind::kHostMalloc},
    {"HostAlloc", CallKind::kHostMalloc},
    {"HostRegister", CallKind::kHostMalloc},
    {"MemHostAlloc", CallKind::kHostMalloc},
    {"MemAllocHost", CallKind::kHostMalloc},
    {"MemHostRegister", CallKind::kHostMalloc},
    {"FreeHost", CallKind::kHostFree},
    {"HostUnregister", CallKind::kHostFree},
    {"MemFreeHost", CallKind::kHostFree},
    {"MemHostUnregister", CallKind::kHostFree},
    {"FreeArray", CallKind::kOther},
    {"FreeMipmappedArray", CallKind::kOther},
    {"Malloc", CallKind::kMalloc},
    {"MemAlloc", CallKind::kMalloc},
    {"MemCreate", CallKind::kMalloc},
    {"MemRelease", CallKind::kFree},
    {"MemFree", CallKind::kFree},
    {"Free", CallKind::kFree},
    {"StreamCreate", CallKind::kCreate},
    {"EventCreate", CallKind::kCreate},
    {"StreamDestroy", CallKind::kDestroy},
    {"EventDestroy", CallKind::kDestroy},
    {"ModuleLoad", CallKind::kModuleLoad},
    {"LibraryLoad", CallKind::kModuleLoad},
    {"LinkCreate", CallKind::kModuleLoad},
    {"LinkComplete", CallKind::kModuleLoad},
};

} // namespace

CallKind callKind(std::string_view name) {
  if (name.starts_with("cublasCreate") || name.starts_with("cublasLtCreate") ||
      name.starts_with("cudnnCreate") || name.starts_with("cusolverDnCreate"))
    return name.starts_with("cudnnCreate") && name != "cudnnCreate" ? CallKind::kOther
                                                                    : CallKind::kCreate;
  if (name.starts_with("cublasDestroy") || name == "cudnnDestroy") return CallKind::kDestroy;
  if (name.starts_with("nvrtcCompile")) return CallKind::kModuleLoad;
  // CUPTI names the launch stub of the compiler "__cudaLaunchKernel".
  if (name.starts_with("__")) name.remove_prefix(2);
  if (name.starts_with("cuda"))
    name.remove_prefix(4);
  else if (name.starts_with("cu"))
    name.remove_prefix(2);
  else
    return CallKind::kOther;
  for (const Prefix &prefix : kPrefixes)
    if (name.starts_with(prefix.text)) return prefix.kind;
  return CallKind::kOther;
}

bool isAsyncForm(std::string_view name) { return name.find("Async") != std::string_view::npos; }

} // namespace hotloop
