#include <cstring>
#include <initializer_list>
#include <string_view>

#include "collectors/cupti/api_list.h"
#include "collectors/cupti/collector.h"
#include "collectors/inject/cuda_calls.h"
#include "collectors/inject/producer.h"

namespace hotloop::cupti {
namespace {

using ring::ApiClass;

constexpr std::uint8_t kRuntime = 1, kDriver = 2; // ApiTable::domain

// The calls whose arguments we look at.
enum class Special { kNone, kRuntimeCopy, kTearDown };

Special specialOf(CUpti_CallbackDomain domain, CUpti_CallbackId id) {
  if (domain == CUPTI_CB_DOMAIN_RUNTIME_API) {
    switch (id) {
    case CUPTI_RUNTIME_TRACE_CBID_cudaMemcpyAsync_v3020:
    case CUPTI_RUNTIME_TRACE_CBID_cudaMemcpyAsync_ptsz_v7000: return Special::kRuntimeCopy;
    case CUPTI_RUNTIME_TRACE_CBID_cudaDeviceReset_v3020: return Special::kTearDown;
    default: return Special::kNone;
    }
  }
  return id == CUPTI_DRIVER_TRACE_CBID_cuCtxDestroy_v2 ? Special::kTearDown : Special::kNone;
}

// "cudaMemcpyAsync_ptsz_v7000" -> "cudaMemcpyAsync"
std::string_view plainName(const char *function) {
  if (!function) return "?";
  std::string_view name(function);
  const std::size_t bar = name.rfind("_v");
  if (bar != std::string_view::npos && bar > 0 && bar + 2 < name.size() &&
      name.find_first_not_of("0123456789", bar + 2) == std::string_view::npos)
    name = name.substr(0, bar);
  for (const std::string_view suffix : {"_ptsz", "_ptds"})
    if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  return name;
}

void enter(CUpti_CallbackDomain domain, CUpti_CallbackId id, const CUpti_CallbackData &call) {
  ApiClass apiClass = classOf(domain, id);
  const Special special = specialOf(domain, id);
  if (special == Special::kRuntimeCopy && call.functionParams) {
    // A copy from or to the host blocks where that memory is pageable.
    const auto *params = static_cast<const cudaMemcpyAsync_v3020_params *>(call.functionParams);
    if (params->kind != cudaMemcpyDeviceToDevice) apiClass = ApiClass::kBlockingCopy;
  }
  inject::apiBegin(domain == CUPTI_CB_DOMAIN_RUNTIME_API ? kRuntime : kDriver, id,
                   call.correlationId, apiClass);
  if (special == Special::kTearDown) collector.api.cuptiActivityFlushAll(0);
}

void leave(CUpti_CallbackDomain domain, CUpti_CallbackId id, const CUpti_CallbackData &call) {
  const std::uint8_t number = domain == CUPTI_CB_DOMAIN_RUNTIME_API ? kRuntime : kDriver;
  if (!inject::apiIsOutermost(number, id)) return;
  const std::int32_t status =
      call.functionReturnValue ? *static_cast<const std::int32_t *>(call.functionReturnValue) : 0;
  inject::apiEnd(number, id, classOf(domain, id), plainName(call.functionName), status);
}

void onResource(CUpti_CallbackId id, const CUpti_ResourceData &resource) {
  const bool cloned = id == CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED;
  if (id != CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED && !cloned) return;
  const auto *data = static_cast<const CUpti_GraphData *>(resource.resourceDescriptor);
  if (!data) return;
  std::uint64_t node = 0, original = 0;
  std::uint32_t graph = 0;
  if (collector.api.cuptiGetGraphNodeId(data->node, &node) != CUPTI_SUCCESS) return;
  if (cloned) collector.api.cuptiGetGraphNodeId(data->originalNode, &original);
  collector.api.cuptiGetGraphId(data->graph, &graph);
  inject::graphNode(graph, node, original, static_cast<std::uint32_t>(data->nodeType));
}

void onState(CUpti_CallbackId id) {
  if (id != CUPTI_CBID_STATE_FATAL_ERROR) return;
  collector.live.store(false);
  collector.failed.store(true);
  inject::count(ring::Counter::kCuptiFatal);
}

constexpr CUpti_ActivityKind kKinds[] = {
    CUPTI_ACTIVITY_KIND_MEMCPY,     CUPTI_ACTIVITY_KIND_MEMCPY2,
    CUPTI_ACTIVITY_KIND_MEMSET,     CUPTI_ACTIVITY_KIND_SYNCHRONIZATION,
    CUPTI_ACTIVITY_KIND_CUDA_EVENT, CUPTI_ACTIVITY_KIND_MEMORY2,
    CUPTI_ACTIVITY_KIND_OVERHEAD,   CUPTI_ACTIVITY_KIND_DEVICE,
};

void enableKind(CUpti_ActivityKind kind, bool on) {
  if (on)
    collector.api.cuptiActivityEnable(kind);
  else
    collector.api.cuptiActivityDisable(kind);
}

} // namespace

void CUPTIAPI onCallback(void *, CUpti_CallbackDomain domain, CUpti_CallbackId id,
                         const void *data) noexcept {
  if (!collector.live.load(std::memory_order_relaxed)) return;
  if (domain == CUPTI_CB_DOMAIN_RUNTIME_API || domain == CUPTI_CB_DOMAIN_DRIVER_API) {
    const auto &call = *static_cast<const CUpti_CallbackData *>(data);
    if (call.callbackSite == CUPTI_API_ENTER)
      enter(domain, id, call);
    else
      leave(domain, id, call);
  } else if (domain == CUPTI_CB_DOMAIN_RESOURCE) {
    onResource(id, *static_cast<const CUpti_ResourceData *>(data));
  } else if (domain == CUPTI_CB_DOMAIN_STATE) {
    onState(id);
  }
}

void enableActivities(bool on) noexcept {
  // Never KIND_KERNEL, which runs one kernel at a time. Replays as a whole silence their nodes.
  enableKind(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, on);
  if (inject::options().cudaDetail == inject::CudaDetail::kGraph)
    enableKind(CUPTI_ACTIVITY_KIND_GRAPH_TRACE, on);
  for (const CUpti_ActivityKind kind : kKinds) enableKind(kind, on);
  if (on) collector.api.cuptiActivityEnableAllSyncRecords(0);
}

void enableCallbacks(bool on) noexcept {
  const CuptiApi &api = collector.api;
  const std::uint32_t enable = on ? 1 : 0;
  if (inject::options().cudaDetail == inject::CudaDetail::kAll) {
    api.cuptiEnableDomain(enable, collector.subscriber, CUPTI_CB_DOMAIN_RUNTIME_API);
    api.cuptiEnableDomain(enable, collector.subscriber, CUPTI_CB_DOMAIN_DRIVER_API);
  } else {
    for (const ApiEntry &entry : runtimeApis())
      api.cuptiEnableCallback(enable, collector.subscriber, CUPTI_CB_DOMAIN_RUNTIME_API, entry.id);
    for (const ApiEntry &entry : driverApis())
      api.cuptiEnableCallback(enable, collector.subscriber, CUPTI_CB_DOMAIN_DRIVER_API, entry.id);
  }
}

void enableGraphNodes() noexcept {
  const CuptiApi &api = collector.api;
  for (const CUpti_CallbackId id :
       {CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED, CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED})
    api.cuptiEnableCallback(1, collector.subscriber, CUPTI_CB_DOMAIN_RESOURCE, id);
  api.cuptiEnableCallback(1, collector.subscriber, CUPTI_CB_DOMAIN_STATE,
                          CUPTI_CBID_STATE_FATAL_ERROR);
}

} // namespace hotloop::cupti
