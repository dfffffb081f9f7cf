#include <cstdint>

#include "collectors/inject/native_stack.h"
#include "collectors/inject/process_state.h"
#include "collectors/inject/producer.h"

#define HOTLOOP_EXPORT extern "C" __attribute__((visibility("default")))

// Made by the linker: the first and the last byte of this library in memory.
extern "C" const char __ehdr_start[] __attribute__((visibility("hidden")));
extern "C" const char _end[] __attribute__((visibility("hidden")));

namespace hotloop::inject {
namespace {

// The list of collectors. They set hooks; nothing is opened or made before the first event.
__attribute__((constructor)) void enter() {
  startProcess();
  if (!options().recording) return;
  setOwnCode(__ehdr_start, _end);
#ifdef HOTLOOP_HAVE_PYTHON_COLLECTOR
  installPythonCollector();
#endif
#ifdef HOTLOOP_HAVE_TORCH_COLLECTOR
  installTorchCollector();
#endif
}

__attribute__((destructor)) void leave() { finishProcess(); }

} // namespace
} // namespace hotloop::inject

HOTLOOP_EXPORT void hotloop_recorder_step_begin(std::int64_t number) {
  hotloop::inject::stepBegin(number);
}
HOTLOOP_EXPORT void hotloop_recorder_step_end() { hotloop::inject::stepEnd(); }
// Called by the CUDA driver while it initialises, when CUDA_INJECTION64_PATH names this library:
// before any context is made. Whatever comes of it, 1: go on.
HOTLOOP_EXPORT int InitializeInjection() {
#ifdef HOTLOOP_HAVE_CUPTI_COLLECTOR
  if (hotloop::inject::options().recording && hotloop::inject::options().cuda)
    hotloop::inject::attachCuda();
#endif
  return 1;
}
