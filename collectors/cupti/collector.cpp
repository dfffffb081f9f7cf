#include "collectors/cupti/collector.h"

#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "collectors/inject/cuda_calls.h"
#include "collectors/inject/producer.h"
#include "collectors/inject/window.h"
#include "core/trace/meta_keys.h"

namespace hotloop::cupti {

constinit Collector collector{};

namespace {

constexpr std::size_t kWhyBytes = 512;
// Takes 75 thousand kernels; device memory, one or a few per context.
constexpr std::size_t kDeviceBufferBytes = 8 * 1024 * 1024;
constexpr std::uint32_t kFlushPeriodMs = 500;

std::uint64_t CUPTIAPI monotonicTime() noexcept {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

void CUPTIAPI bufferRequested(std::uint8_t **buffer, std::size_t *bytes,
                              std::size_t *maxRecords) noexcept {
  *maxRecords = 0;
  *buffer = collector.live.load(std::memory_order_relaxed) ? collector.pool.take() : nullptr;
  *bytes = *buffer ? BufferPool::kBytes : 0;
}

void CUPTIAPI bufferCompleted(CUcontext, std::uint32_t, std::uint8_t *buffer, std::size_t,
                              std::size_t validBytes) noexcept {
  if (!buffer) return;
  collector.pool.complete(buffer, validBytes);
  ::sem_post(&collector.wake);
}

template <class Value> void setAttribute(CUpti_ActivityAttribute attribute, Value value) {
  std::size_t bytes = sizeof value;
  collector.api.cuptiActivitySetAttribute(attribute, &bytes, &value);
}

// Subscribing first: from then on no other client of CUPTI replaces our buffers.
bool subscribe(char *why) {
  char other[CUPTI_OLD_SUBSCRIBER_NAME_MIN_LEN] = {};
  CUpti_SubscriberParams params{};
  params.structSize = CUpti_SubscriberParams_STRUCT_SIZE;
  params.subscriberName = "hotloop";
  params.oldSubscriberName = other;
  params.oldSubscriberSize = sizeof other;
  const CUptiResult result =
      collector.api.cuptiSubscribe_v2(&collector.subscriber, onCallback, nullptr, &params);
  if (result == CUPTI_SUCCESS) return true;
  if (result == CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED) {
    std::snprintf(why, kWhyBytes, "another tool uses CUPTI in this process (%s); run without it",
                  *other ? other : "it gives no name");
    return false;
  }
  const char *text = nullptr;
  collector.api.cuptiGetResultString(result, &text);
  const char *hint = "is there a GPU, and a driver for CUDA 13 (580 or later)?";
  if (result == CUPTI_ERROR_INSUFFICIENT_PRIVILEGES ||
      result == CUPTI_ERROR_VIRTUALIZED_DEVICE_INSUFFICIENT_PRIVILEGES)
    hint = "this user may not profile; see developer.nvidia.com/ERR_NVGPUCTRPERM";
  else if (result == CUPTI_ERROR_NOT_COMPATIBLE)
    hint = "the driver is too old for this CUPTI; install 580 or later";
  std::snprintf(why, kWhyBytes, "CUPTI refused: %s; %s", text ? text : "?", hint);
  return false;
}

void childAfterFork() {
  // The parent's CUPTI does not work here, and its calls may wait for ever.
  collector.live.store(false, std::memory_order_relaxed);
  collector.failed.store(true, std::memory_order_relaxed);
  collector.hasThread.store(false, std::memory_order_relaxed);
  inject::setWorker(nullptr);
}

void atExit() {
  if (collector.hasThread.load() && collector.pid == ::getpid()) finishDecoding();
}

void setWindow(bool open) noexcept {
  if (!collector.live.load() || collector.pid != ::getpid()) return;
  if (open) inject::apiWindowOpens();
  enableActivities(open);
  enableCallbacks(open);
  ::sem_post(&collector.wake);
}

bool attach(char *why) {
  const inject::Options &options = inject::options();
  if (!loadCupti(collector.api, {options.cuptiPath, options.cuptiHint}, why, kWhyBytes))
    return false;
  char version[16];
  std::snprintf(version, sizeof version, "%u", collector.api.version);
  inject::meta(meta_key::kCuptiVersion, version);
  if (!subscribe(why)) return false;
  if (!collector.pool.create() || ::sem_init(&collector.wake, 0, 0) != 0 ||
      ::sem_init(&collector.done, 0, 0) != 0) {
    std::snprintf(why, kWhyBytes, "no memory was left for CUPTI's buffers");
    collector.api.cuptiUnsubscribe(collector.subscriber);
    return false;
  }
  collector.pid = ::getpid();
  const CuptiApi &api = collector.api;
  api.cuptiSetThreadIdType(CUPTI_ACTIVITY_THREAD_ID_TYPE_SYSTEM);
  api.cuptiActivityRegisterTimestampCallback(monotonicTime);
  setAttribute(CUPTI_ACTIVITY_ATTR_DEVICE_BUFFER_SIZE, kDeviceBufferBytes);
  setAttribute(CUPTI_ACTIVITY_ATTR_ZEROED_OUT_ACTIVITY_BUFFER, std::uint8_t{1});
  setAttribute(CUPTI_ACTIVITY_ATTR_PER_THREAD_ACTIVITY_BUFFER, std::uint8_t{1});
  collector.live.store(true);
  const CUptiResult registered =
      api.cuptiActivityRegisterCallbacks(bufferRequested, bufferCompleted);
  if (registered != CUPTI_SUCCESS || !startDecodeThread()) {
    collector.live.store(false);
    std::snprintf(why, kWhyBytes, "%s",
                  registered != CUPTI_SUCCESS ? "CUPTI refused our buffers"
                                              : "no thread could be started to decode them");
    api.cuptiUnsubscribe(collector.subscriber);
    return false;
  }
  if (inject::collecting()) {
    enableActivities(true);
    enableCallbacks(true);
  }
  enableGraphNodes();
  inject::setWorker([]() noexcept { ::sem_post(&collector.wake); });
  inject::addWindowHook(setWindow);
  api.cuptiActivityFlushPeriod(kFlushPeriodMs);
  ::pthread_atfork(nullptr, nullptr, childAfterFork);
  // CUPTI is loaded, so this runs before its own end.
  std::atexit(atExit);
  return true;
}

} // namespace
} // namespace hotloop::cupti

void hotloop::inject::attachCuda() noexcept {
  static constinit std::atomic<bool> once{false};
  if (once.exchange(true)) return;
  char why[cupti::kWhyBytes + 8] = "none: ";
  const bool attached = cupti::attach(why + 6);
  meta(meta_key::kCuptiAttachment, attached ? "attached" : why);
}
