#include "collectors/torch/replica.h"

#include <dlfcn.h>

#include <cstdint>
#include <cstring>

namespace hotloop::torch_collector {
namespace {

// at::RecordFunctionCallback. It is passed by value, in memory, as a trivially copyable class of
// its size.
struct Callback {
  // std::unique_ptr<ObserverContext> start(const RecordFunction &): the result is written to
  // `result`.
  void *(*start)(void **result, const void *function);
  void (*end)(const void *function, void *context);
  double samplingProbability;
  bool scopes[10]; // by at::RecordScope
  bool needsInputs;
  bool needsOutputs;
  bool needsIds;
};
static_assert(sizeof(Callback) == 40);

constexpr std::uint8_t kFunction = 0; // at::RecordScope
constexpr std::uint8_t kBackwardFunction = 1;
constexpr std::uint8_t kUserScope = 7;

const HotloopProducerApi *producer = nullptr;
const char *(*nameOf)(const void *function) = nullptr;

// One function per scope, because the scope cannot be asked for without the header.
template <std::uint8_t Scope> void *begin(void **result, const void *function) noexcept {
  const char *name = nameOf(function);
  producer->opBegin(name, static_cast<std::uint32_t>(std::strlen(name)), Scope, -1, 0);
  *result = nullptr;
  return result;
}

void end(const void *, void *) noexcept { producer->opEnd(); }

template <std::uint8_t Scope> Callback callbackFor() {
  Callback callback{begin<Scope>, end, 1.0, {}, false, false, false};
  callback.scopes[Scope] = true;
  return callback;
}

} // namespace

bool attachReplica(void *library, const HotloopProducerApi &api) noexcept {
  const auto add = reinterpret_cast<std::uint64_t (*)(Callback)>(
      dlsym(library, "_ZN2at17addGlobalCallbackENS_22RecordFunctionCallbackE"));
  nameOf = reinterpret_cast<const char *(*)(const void *)>(
      dlsym(library, "_ZNK2at14RecordFunction4nameEv"));
  if (add == nullptr || nameOf == nullptr) {
    return false;
  }
  producer = &api;
  add(callbackFor<kFunction>());
  add(callbackFor<kBackwardFunction>());
  add(callbackFor<kUserScope>());
  return true;
}

} // namespace hotloop::torch_collector
