#include "collectors/inject/cuda_calls.h"

#include "collectors/inject/intern.h"
#include "collectors/inject/native_stack.h"
#include "collectors/inject/thread_state.h"

namespace hotloop::inject {
namespace {

using ring::ApiClass;

constinit std::atomic<std::uint32_t> callWindow{0};

std::uint32_t stackFor(ThreadState &thread, ApiClass apiClass) noexcept {
  switch (apiClass) {
  case ApiClass::kSync:
  case ApiClass::kBlockingCopy:
    return boundedStack(thread, thread.syncStacks, kSyncStacksPerSecond);
  case ApiClass::kMemory:
  case ApiClass::kGraph:
    return boundedStack(thread, thread.allocationStacks, kAllocationStacksPerSecond);
  case ApiClass::kLaunch:
    // Sampled: not taking one is no loss that is counted.
    return processState.options.launchStacks && processState.options.stacks &&
                   thread.launchStacks.take(kLaunchStacksPerSecond)
               ? takeStack(thread)
               : 0;
  case ApiClass::kCopy:
  case ApiClass::kOther: break;
  }
  return 0;
}

} // namespace

void apiBegin(std::uint8_t domain, std::uint32_t cbid, std::uint32_t correlation,
              ApiClass apiClass) noexcept {
  Recording recording;
  if (!recording) return;
  ThreadState &thread = recording.thread();
  OpenApi &api = thread.api;
  // The same call again, or a window that was closed since, means that its end was never told.
  const std::uint32_t window = callWindow.load(std::memory_order_relaxed);
  if (api.open && api.window == window && !(api.domain == domain && api.cbid == cbid)) return;
  api.window = window;
  api.open = true;
  api.domain = domain;
  api.cbid = cbid;
  api.correlation = correlation;
  api.location = currentLocation(thread);
  api.stack = stackFor(thread, apiClass);
  api.start = stamp();
}

void apiWindowOpens() noexcept { callWindow.fetch_add(1, std::memory_order_relaxed); }

bool apiIsOutermost(std::uint8_t domain, std::uint32_t cbid) noexcept {
  const ThreadState *thread = currentThread;
  return thread && thread->api.open && thread->api.domain == domain && thread->api.cbid == cbid;
}

void apiEnd(std::uint8_t domain, std::uint32_t cbid, ApiClass apiClass, std::string_view name,
            std::int32_t status) noexcept {
  if (!apiIsOutermost(domain, cbid)) return;
  const std::uint64_t end = stamp();
  Recording recording;
  if (!recording) return;
  ThreadState &thread = recording.thread();
  OpenApi &api = thread.api;
  api.open = false;
  const std::uint32_t nameId = internString(thread, name);
  if (nameId == 0) return; // no room, which is counted
  ring::CudaApiRecord record{{},     nameId,       api.start, end,    api.correlation, cbid,
                             status, api.location, api.stack, domain, apiClass,        0};
  write(thread, record, static_cast<ring::RecordType>(ring::CudaRecordType::kApi));
}

void graphNode(std::uint32_t graph, std::uint64_t node, std::uint64_t original,
               std::uint32_t kind) noexcept {
  Recording recording;
  if (!recording) return;
  ThreadState &thread = recording.thread();
  ring::CudaGraphNodeRecord record{{}, 0, node, original, graph, kind, 0, 0};
  if (original == 0) {
    record.location = currentLocation(thread);
    record.stack = boundedStack(thread, thread.allocationStacks, kAllocationStacksPerSecond);
    if (thread.openOps > 0) record.name = thread.ops[thread.openOps - 1].name;
  }
  write(thread, record, static_cast<ring::RecordType>(ring::CudaRecordType::kGraphNode));
}

} // namespace hotloop::inject
