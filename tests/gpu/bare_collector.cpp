// The bare collector: the records that `hotloop record` asks CUPTI for, as CUPTI itself offers
// them, and every buffer thrown away. What it adds to a program is CUPTI's own price; what hotloop
// adds beyond that is ours. Injected by CUDA_INJECTION64_PATH; HOTLOOP_BARE=kernels leaves out the
// rest.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "collectors/cupti/api_list.h"
#include "collectors/cupti/cupti_api.h"

namespace {

using namespace hotloop::cupti;

constexpr std::size_t kBufferBytes = 4 * 1024 * 1024;

CuptiApi api;
CUpti_SubscriberHandle subscriber;

std::uint64_t CUPTIAPI monotonicTime() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}
void CUPTIAPI requested(std::uint8_t **buffer, std::size_t *bytes, std::size_t *records) {
  *buffer = static_cast<std::uint8_t *>(std::aligned_alloc(4096, kBufferBytes));
  *bytes = *buffer ? kBufferBytes : 0;
  *records = 0;
}
void CUPTIAPI completed(CUcontext, std::uint32_t, std::uint8_t *buffer, std::size_t, std::size_t) {
  std::free(buffer);
}
void CUPTIAPI nothing(void *, CUpti_CallbackDomain, CUpti_CallbackId, const void *) {}

template <class Value> void setAttribute(CUpti_ActivityAttribute attribute, Value value) {
  std::size_t bytes = sizeof value;
  api.cuptiActivitySetAttribute(attribute, &bytes, &value);
}

} // namespace

extern "C" __attribute__((visibility("default"))) int InitializeInjection() {
  char why[512];
  if (!loadCupti(api, {std::getenv("HOTLOOP_CUPTI_PATH"), std::getenv("HOTLOOP_CUPTI_HINT")}, why,
                 sizeof why))
    return 1;
  CUpti_SubscriberParams params{};
  params.structSize = CUpti_SubscriberParams_STRUCT_SIZE;
  params.subscriberName = "bare";
  if (api.cuptiSubscribe_v2(&subscriber, nothing, nullptr, &params) != CUPTI_SUCCESS) return 1;
  const char *words = std::getenv("HOTLOOP_BARE");
  const bool kernelsOnly = words && std::strcmp(words, "kernels") == 0;
  api.cuptiSetThreadIdType(CUPTI_ACTIVITY_THREAD_ID_TYPE_SYSTEM);
  api.cuptiActivityRegisterTimestampCallback(monotonicTime);
  setAttribute(CUPTI_ACTIVITY_ATTR_DEVICE_BUFFER_SIZE, std::size_t(8) << 20);
  setAttribute(CUPTI_ACTIVITY_ATTR_PER_THREAD_ACTIVITY_BUFFER, std::uint8_t{1});
  api.cuptiActivityRegisterCallbacks(requested, completed);
  api.cuptiActivityEnable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL);
  if (!kernelsOnly) {
    for (const CUpti_ActivityKind kind :
         {CUPTI_ACTIVITY_KIND_MEMCPY, CUPTI_ACTIVITY_KIND_MEMCPY2, CUPTI_ACTIVITY_KIND_MEMSET,
          CUPTI_ACTIVITY_KIND_SYNCHRONIZATION, CUPTI_ACTIVITY_KIND_CUDA_EVENT,
          CUPTI_ACTIVITY_KIND_MEMORY2, CUPTI_ACTIVITY_KIND_OVERHEAD, CUPTI_ACTIVITY_KIND_DEVICE})
      api.cuptiActivityEnable(kind);
    api.cuptiActivityEnableAllSyncRecords(0);
    for (const ApiEntry &entry : runtimeApis()) api.cuptiActivityEnableRuntimeApi(entry.id, 1);
    for (const ApiEntry &entry : driverApis()) api.cuptiActivityEnableDriverApi(entry.id, 1);
  }
  api.cuptiActivityFlushPeriod(500);
  return 1;
}
