#include <ATen/record_function.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/headeronly/version.h>

#include <atomic>
#include <cstring>
#include <string_view>

#include "collectors/torch/plugin_api.h"
#include "collectors/torch/plugin_state.h"
#include "core/ring/ring_format.h"

// The operator observer. LibTorch keeps the addresses of these functions in every thread, so they
// are never unregistered and this library is never closed.
using hotloop::torch_collector::producer;

const HotloopProducerApi *hotloop::torch_collector::producer = nullptr;

namespace {

std::atomic<bool> profilerSeen{false};
at::CallbackHandle operators = 0;
constexpr unsigned kLookEvery = 16; // operators

void noteProfiler() noexcept {
  if (!profilerSeen.load(std::memory_order_relaxed) &&
      c10::ThreadLocalDebugInfo::get(c10::DebugInfoKind::PROFILER_STATE) != nullptr &&
      !profilerSeen.exchange(true)) {
    producer->count(static_cast<std::uint32_t>(hotloop::ring::Counter::kTorchProfilerSeen), 1);
  }
}

// Which of its overloads reads values, the name alone does not tell.
constexpr std::string_view kRepeatInterleave = "aten::repeat_interleave";

void beginRepeatInterleave(const at::RecordFunction &function,
                           std::uint32_t forwardThread) noexcept {
  char name[64];
  const std::string_view overload = function.overload_name();
  std::size_t length = kRepeatInterleave.copy(name, sizeof name);
  if (overload != "Tensor" && overload.size() + length < sizeof name) {
    name[length++] = '.';
    length += overload.copy(name + length, sizeof name - length);
  }
  producer->opBegin(name, static_cast<std::uint32_t>(length),
                    static_cast<std::uint8_t>(function.scope()), function.seqNr(), forwardThread);
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction &function) noexcept {
  const char *name = function.name();
  const std::size_t length = std::strlen(name);
  // A forward operator that takes part in autograd is tied to its backward by the pair (sequence,
  // thread).
  std::uint64_t forwardThread = function.forwardThreadId();
  if (forwardThread == 0 && function.seqNr() >= 0) {
    forwardThread = function.threadId();
  }
  thread_local unsigned seen = 0;
  if (++seen % kLookEvery == 0 || function.scope() == at::RecordScope::USER_SCOPE) {
    noteProfiler();
  }
  if (length == kRepeatInterleave.size() &&
      std::memcmp(name, kRepeatInterleave.data(), length) == 0) {
    beginRepeatInterleave(function, static_cast<std::uint32_t>(forwardThread));
    return nullptr;
  }
  producer->opBegin(name, static_cast<std::uint32_t>(length),
                    static_cast<std::uint8_t>(function.scope()), function.seqNr(),
                    static_cast<std::uint32_t>(forwardThread));
  return nullptr;
}

void end(const at::RecordFunction &, at::ObserverContext *) noexcept { producer->opEnd(); }

} // namespace

#define HOTLOOP_EXPORT extern "C" __attribute__((visibility("default")))

HOTLOOP_EXPORT const char *hotloop_torch_built_for() {
#define HOTLOOP_TEXT(x) #x
#define HOTLOOP_VERSION(a, b, c) HOTLOOP_TEXT(a) "." HOTLOOP_TEXT(b) "." HOTLOOP_TEXT(c)
  return HOTLOOP_VERSION(TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR, TORCH_VERSION_PATCH);
}

HOTLOOP_EXPORT int hotloop_torch_attach(const HotloopProducerApi *api) {
  if (api == nullptr || api->version != HOTLOOP_PRODUCER_API_VERSION || api->bytes < sizeof *api) {
    return 1;
  }
  producer = api;
  try {
    operators = at::addGlobalCallback(
        at::RecordFunctionCallback(begin, end)
            .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION}));
    at::addGlobalCallback(
        at::RecordFunctionCallback(begin, end).scopes({at::RecordScope::USER_SCOPE}));
  } catch (...) {
    return 2;
  }
  return 0;
}

HOTLOOP_EXPORT int hotloop_torch_enable(int on) {
  try {
    if (on != 0) {
      at::reenableCallback(operators);
    } else {
      at::disableCallback(operators);
    }
  } catch (...) {
    return 1;
  }
  return 0;
}
