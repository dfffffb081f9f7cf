#include "tests/support/fake_cupti/fake_cupti.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#define FAKE_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

struct Buffer {
  std::uint8_t *memory = nullptr;
  std::size_t size = 0;
  std::size_t used = 0;
  int records = 0;
};
// The buffer that a thread fills. Kept after its thread, as CUPTI does.
struct ThreadBuffer {
  std::mutex mutex;
  Buffer buffer;
};

struct Fake {
  std::mutex mutex; // of the lists below; never held while calling out
  std::vector<std::shared_ptr<ThreadBuffer>> threads;
  std::vector<Buffer> full;
  std::map<std::string, std::string> words;

  std::atomic<CUpti_CallbackFunc> callback{nullptr};
  std::atomic<void *> userData{nullptr};
  std::atomic<CUpti_BuffersCallbackRequestFunc> requested{nullptr};
  std::atomic<CUpti_BuffersCallbackCompleteFunc> completed{nullptr};
  std::atomic<CUpti_TimestampCallbackFunc> timestamp{nullptr};
  std::atomic<bool> kinds[64]{};
  std::atomic<bool> callbacks[CUPTI_CB_DOMAIN_SIZE][1024]{};
  std::atomic<std::uint32_t> correlation{0};
  std::atomic<std::uint64_t> dropped{0};

  Fake() {
    const char *text = std::getenv("FAKE_CUPTI");
    for (std::string rest = text ? text : ""; !rest.empty();) {
      const std::size_t comma = rest.find(',');
      const std::string word = rest.substr(0, comma);
      rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
      const std::size_t equals = word.find('=');
      words[word.substr(0, equals)] = equals == std::string::npos ? "1" : word.substr(equals + 1);
    }
    dropped = static_cast<std::uint64_t>(number("dropped", 0));
  }
  long number(const char *word, long otherwise) const {
    const auto found = words.find(word);
    return found == words.end() ? otherwise : std::atol(found->second.c_str());
  }
};

Fake &fake() {
  static Fake *instance = new Fake;
  return *instance;
}

ThreadBuffer &threadBuffer() {
  thread_local const std::shared_ptr<ThreadBuffer> mine = [] {
    auto made = std::make_shared<ThreadBuffer>();
    const std::lock_guard lock(fake().mutex);
    fake().threads.push_back(made);
    return made;
  }();
  return *mine;
}

std::size_t sizeOf(CUpti_ActivityKind kind) {
  switch (kind) {
  case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL: return sizeof(CUpti_ActivityKernel10);
  case CUPTI_ACTIVITY_KIND_MEMCPY: return sizeof(CUpti_ActivityMemcpy6);
  case CUPTI_ACTIVITY_KIND_MEMCPY2: return sizeof(CUpti_ActivityMemcpyPtoP4);
  case CUPTI_ACTIVITY_KIND_MEMSET: return sizeof(CUpti_ActivityMemset4);
  case CUPTI_ACTIVITY_KIND_SYNCHRONIZATION: return sizeof(CUpti_ActivitySynchronization2);
  case CUPTI_ACTIVITY_KIND_CUDA_EVENT: return sizeof(CUpti_ActivityCudaEvent2);
  case CUPTI_ACTIVITY_KIND_MEMORY2: return sizeof(CUpti_ActivityMemory4);
  case CUPTI_ACTIVITY_KIND_OVERHEAD: return sizeof(CUpti_ActivityOverhead3);
  case CUPTI_ACTIVITY_KIND_GRAPH_TRACE: return sizeof(CUpti_ActivityGraphTrace2);
  case CUPTI_ACTIVITY_KIND_DEVICE: return sizeof(CUpti_ActivityDevice5);
  case CUPTI_ACTIVITY_KIND_JIT: return sizeof(CUpti_ActivityJit2);
  default: return 0;
  }
}

void hand(const Buffer &buffer) {
  if (const auto completed = fake().completed.load(); completed && buffer.memory)
    completed(nullptr, 0, buffer.memory, buffer.size, buffer.used);
}

void callOut(CUpti_CallbackDomain domain, CUpti_CallbackId id, const void *data) {
  if (id >= 1024 || !fake().callbacks[domain][id].load()) return;
  if (const auto callback = fake().callback.load())
    callback(fake().userData.load(), domain, id, data);
}

CUptiResult setKind(CUpti_ActivityKind kind, bool on) {
  if (kind < 0 || kind >= 64) return CUPTI_ERROR_INVALID_KIND;
  fake().kinds[kind] = on;
  return CUPTI_SUCCESS;
}

} // namespace

FAKE_EXPORT std::uint32_t fakeCall(const FakeCall *call) {
  const std::uint32_t correlation = ++fake().correlation;
  std::uint64_t shared = 0;
  std::int32_t status = call->status;
  CUpti_CallbackData data{};
  data.callbackSite = CUPTI_API_ENTER;
  data.functionName = call->name;
  data.functionParams = call->params;
  data.correlationId = correlation;
  data.correlationData = &shared;
  callOut(call->domain, call->id, &data);
  if (call->inside) call->inside(call->context, correlation);
  data.callbackSite = CUPTI_API_EXIT;
  data.functionReturnValue = &status;
  callOut(call->domain, call->id, &data);
  return correlation;
}

FAKE_EXPORT bool fakeRecord(const void *record, std::uint32_t bytes) {
  Fake &state = fake();
  CUpti_ActivityKind kind;
  std::memcpy(&kind, record, sizeof kind);
  if (kind < 0 || kind >= 64 || !state.kinds[kind].load()) return false;
  ThreadBuffer &mine = threadBuffer();
  Buffer full;
  bool kept = false;
  {
    const std::lock_guard lock(mine.mutex);
    const bool isFull =
        mine.buffer.memory && (mine.buffer.used + bytes > mine.buffer.size ||
                               (state.words.contains("small") && mine.buffer.records >= 16));
    if (isFull) {
      full = mine.buffer;
      mine.buffer = {};
    }
    if (!mine.buffer.memory) {
      std::size_t most = 0;
      if (const auto requested = state.requested.load())
        requested(&mine.buffer.memory, &mine.buffer.size, &most);
    }
    kept = mine.buffer.memory != nullptr;
    if (kept) {
      std::memcpy(mine.buffer.memory + mine.buffer.used, record, bytes);
      mine.buffer.used += bytes;
      ++mine.buffer.records;
    }
  }
  if (!kept) ++state.dropped;
  if (full.memory) {
    const std::lock_guard lock(state.mutex);
    state.full.push_back(full);
  }
  return kept;
}

FAKE_EXPORT void fakeDeliver(bool reverse) {
  Fake &state = fake();
  std::vector<Buffer> buffers;
  std::vector<std::shared_ptr<ThreadBuffer>> threads;
  {
    const std::lock_guard lock(state.mutex);
    buffers.swap(state.full);
    threads = state.threads;
  }
  for (const auto &thread : threads) {
    const std::lock_guard lock(thread->mutex);
    if (thread->buffer.memory) buffers.push_back(thread->buffer);
    thread->buffer = {};
  }
  if (reverse) std::reverse(buffers.begin(), buffers.end());
  for (const Buffer &buffer : buffers) hand(buffer);
}

FAKE_EXPORT void fakeGraphNode(std::uint64_t graph, std::uint64_t node, std::uint64_t original) {
  CUpti_GraphData data{};
  data.graph = reinterpret_cast<CUgraph>(graph);
  data.node = reinterpret_cast<CUgraphNode>(node);
  data.originalNode = reinterpret_cast<CUgraphNode>(original);
  CUpti_ResourceData resource{};
  resource.resourceDescriptor = &data;
  callOut(CUPTI_CB_DOMAIN_RESOURCE,
          original != 0 ? CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED
                        : CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED,
          &resource);
}

FAKE_EXPORT void fakeFatal() {
  CUpti_StateData data{};
  data.notification.result = CUPTI_ERROR_UNKNOWN;
  data.notification.message = "made up";
  callOut(CUPTI_CB_DOMAIN_STATE, CUPTI_CBID_STATE_FATAL_ERROR, &data);
}

FAKE_EXPORT std::uint32_t fakeEnabledKinds() {
  std::uint32_t count = 0;
  for (const auto &kind : fake().kinds) count += kind.load() ? 1 : 0;
  return count;
}
FAKE_EXPORT std::uint32_t fakeEnabledCallbacks() {
  std::uint32_t count = 0;
  for (const auto &domain : fake().callbacks)
    for (const auto &callback : domain) count += callback.load() ? 1 : 0;
  return count;
}
FAKE_EXPORT std::uint64_t fakeTimestamp() {
  const auto now = fake().timestamp.load();
  return now ? now() : 0;
}

// What CUPTI exports. Signatures are checked against cupti.h.
FAKE_EXPORT CUptiResult cuptiGetVersion(std::uint32_t *version) {
  *version = static_cast<std::uint32_t>(fake().number("version", 130001));
  return CUPTI_SUCCESS;
}
FAKE_EXPORT CUptiResult cuptiGetResultString(CUptiResult result, const char **text) {
  *text = result == CUPTI_SUCCESS ? "CUPTI_SUCCESS" : "CUPTI_ERROR_MADE_UP";
  return CUPTI_SUCCESS;
}
FAKE_EXPORT CUptiResult cuptiSubscribe_v2(CUpti_SubscriberHandle *subscriber,
                                          CUpti_CallbackFunc callback, void *userData,
                                          CUpti_SubscriberParams *params) {
  if (const long result = fake().number("subscribe", 0); result != 0) {
    if (params->oldSubscriberName) std::strcpy(params->oldSubscriberName, "nsys");
    return static_cast<CUptiResult>(result);
  }
  fake().userData = userData;
  fake().callback = callback;
  *subscriber = reinterpret_cast<CUpti_SubscriberHandle>(&fake());
  return CUPTI_SUCCESS;
}
FAKE_EXPORT CUptiResult cuptiUnsubscribe(CUpti_SubscriberHandle) {
  fake().callback = nullptr;
  return CUPTI_SUCCESS;
}
FAKE_EXPORT CUptiResult cuptiEnableCallback(std::uint32_t enable, CUpti_SubscriberHandle,
                                            CUpti_CallbackDomain domain, CUpti_CallbackId id) {
  if (domain >= CUPTI_CB_DOMAIN_SIZE || id >= 1024) return CUPTI_ERROR_INVALID_PARAMETER;
  fake().callbacks[domain][id] = enable != 0;
  return CUPTI_SUCCESS;
}
FAKE_EXPORT CUptiResult cuptiEnableDomain(std::uint32_t enable, CUpti_SubscriberHandle,
                                          CUpti_CallbackDomain domain) {
  if (domain >= CUPTI_CB_DOMAIN_SIZE) return CUPTI_ERROR_INVALID_PARAMETER;
  for (auto &callback : fake().callbacks[domain]) callback = enable != 0;
  return CUPTI_SUCCESS;
}
FAKE_EXPORT CUptiResult cuptiSetThreadIdType(CUpti_ActivityThreadIdType) { return CUPTI_SUCCESS; }
FAKE_EXPORT CUptiResult
cuptiActivityRegisterTimestampCallback(CUpti_TimestampCallbackFunc timestamp) {
  fake().timestamp = timestamp;
  return CUPTI_SUCCESS;
}
FAKE_EXPORT CUptiResult cuptiActivityRegisterCallbacks(
    CUpti_BuffersCallbackRequestFunc requested, CUpti_BuffersCallbackCompleteFunc completed) {
  if (const long result = fake().number("register", 0); result != 0)
    return static_cast<CUptiResult>(result);
  fake().requested = requested;
  fake().completed = completed;
  return CUPTI_SUCCESS;
}
FAKE_EXPORT CUptiResult cuptiActivitySetAttribute(CUpti_ActivityAttribute, std::size_t *size,
                                                  void *value) {
  return size && value ? CUPTI_SUCCESS : CUPTI_ERROR_INVALID_PARAMETER;
}
FAKE_EXPORT CUptiResult cuptiActivityEnable(CUpti_ActivityKind kind) { return setKind(kind, true); }
FAKE_EXPORT CUptiResult cuptiActivityDisable(CUpti_ActivityKind kind) {
  return setKind(kind, false);
}
FAKE_EXPORT CUptiResult cuptiActivityEnableAllSyncRecords(std::uint8_t) { return CUPTI_SUCCESS; }
FAKE_EXPORT CUptiResult cuptiActivityFlushPeriod(std::uint32_t) { return CUPTI_SUCCESS; }
FAKE_EXPORT CUptiResult cuptiActivityFlushAll(std::uint32_t flag) {
  if (flag != 0 && fake().words.contains("hang"))
    while (true) ::pause();
  fakeDeliver(false);
  return CUPTI_SUCCESS;
}
FAKE_EXPORT CUptiResult cuptiActivityGetNextRecord(std::uint8_t *buffer, std::size_t validBytes,
                                                   CUpti_Activity **record) {
  std::uint8_t *next = buffer;
  if (*record) {
    const std::size_t size = sizeOf((*record)->kind);
    if (size == 0) return CUPTI_ERROR_INVALID_KIND;
    next = reinterpret_cast<std::uint8_t *>(*record) + size;
  }
  if (next >= buffer + validBytes) return CUPTI_ERROR_MAX_LIMIT_REACHED;
  *record = reinterpret_cast<CUpti_Activity *>(next);
  return sizeOf((*record)->kind) == 0 ? CUPTI_ERROR_INVALID_KIND : CUPTI_SUCCESS;
}
FAKE_EXPORT CUptiResult cuptiActivityGetNumDroppedRecords(CUcontext, std::uint32_t,
                                                          std::size_t *dropped) {
  *dropped = fake().dropped.exchange(0);
  return CUPTI_SUCCESS;
}
FAKE_EXPORT CUptiResult cuptiGetGraphNodeId(CUgraphNode node, std::uint64_t *id) {
  *id = reinterpret_cast<std::uintptr_t>(node);
  return CUPTI_SUCCESS;
}
#ifndef FAKE_WITHOUT_GRAPH_ID
FAKE_EXPORT CUptiResult cuptiGetGraphId(CUgraph graph, std::uint32_t *id) {
  *id = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(graph));
  return CUPTI_SUCCESS;
}
#endif
FAKE_EXPORT CUptiResult cuptiActivityEnableRuntimeApi(CUpti_CallbackId, std::uint8_t) {
  return CUPTI_SUCCESS;
}
FAKE_EXPORT CUptiResult cuptiActivityEnableDriverApi(CUpti_CallbackId, std::uint8_t) {
  return CUPTI_SUCCESS;
}
