#include "reference_moe/run/measure.h"

#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <ATen/record_function.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/version.h>

#include "reference_moe/device/device.h"
#include "reference_moe/run/kernel_counts.h"
#include "reference_moe/run/memory_log.h"
#include "reference_moe/run/versions.h"

namespace hotloop::moe {

std::string torchVersion() { return TORCH_VERSION; }

namespace {

void mix(std::uint64_t &hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
}
void mix(std::uint64_t &hash, std::int64_t number) {
  hash = (hash ^ static_cast<std::uint64_t>(number)) * 1099511628211U;
}

// Operators that only make a new view or new memory: no launch on a GPU.
bool onlyMetadata(std::string_view name) {
  static const std::set<std::string_view> kNames{"view",
                                                 "_unsafe_view",
                                                 "reshape",
                                                 "_reshape_alias",
                                                 "narrow",
                                                 "slice",
                                                 "select",
                                                 "t",
                                                 "transpose",
                                                 "permute",
                                                 "expand",
                                                 "unsqueeze",
                                                 "squeeze",
                                                 "as_strided",
                                                 "detach",
                                                 "detach_",
                                                 "alias",
                                                 "empty",
                                                 "empty_like",
                                                 "empty_strided",
                                                 "new_empty",
                                                 "chunk",
                                                 "split",
                                                 "unbind",
                                                 "resolve_conj",
                                                 "resolve_neg",
                                                 "result_type",
                                                 "numpy_T",
                                                 "expand_as",
                                                 "view_as",
                                                 "new_empty_strided",
                                                 "unflatten",
                                                 "movedim",
                                                 "split_with_sizes",
                                                 "lift_fresh",
                                                 "resize_",
                                                 "set_",
                                                 "is_nonzero",
                                                 "item",
                                                 "_local_scalar_dense"};
  if (!name.starts_with("aten::")) return false;
  return kNames.contains(name.substr(6));
}

bool wouldWait(std::string_view name) {
  return name == "aten::_local_scalar_dense" || name == "aten::nonzero";
}

// The operators of this thread while one step is counted.
struct Frame final : at::ObserverContext {
  Frame *parent = nullptr;
  std::string_view name;
  bool hasChild = false, inside = false;
};

StepCounts *counting = nullptr;
thread_local Frame *innermost = nullptr;

std::unique_ptr<at::ObserverContext> enter(const at::RecordFunction &function) {
  if (counting == nullptr) return nullptr;
  auto frame = std::make_unique<Frame>();
  frame->parent = innermost;
  frame->name = function.name();
  if (innermost != nullptr) {
    innermost->hasChild = true;
    // The CPU's fused AdamW reads its own counters; a GPU's does not.
    frame->inside = innermost->inside || innermost->name == "aten::_fused_adamw_";
  }
  innermost = frame.get();
  mix(counting->signature, frame->name);
  for (const c10::IValue &input : function.inputs())
    if (input.isTensor() && input.toTensor().defined())
      for (const std::int64_t size : input.toTensor().sizes()) mix(counting->signature, size);
  if (wouldWait(frame->name) && !frame->inside) {
    ++counting->syncs;
    ++counting->copiesToHost;
    ++counting->copies;
  }
  return frame;
}

void leave(const at::RecordFunction &, at::ObserverContext *context) {
  auto *frame = static_cast<Frame *>(context);
  if (frame == nullptr) return;
  if (counting != nullptr && !frame->hasChild && !frame->inside && !onlyMetadata(frame->name)) {
    ++counting->launches;
    if (frame->name == "aten::copy_") ++counting->copies;
  }
  innermost = frame->parent;
}

struct HostMemory final : c10::MemoryReportingInfoBase {
  void reportMemoryUsage(void *, std::int64_t size, std::size_t, std::size_t,
                         c10::Device device) override {
    if (!device.is_cpu()) return;
    bytes += size;
    peak = std::max(peak, bytes);
    blocks += size > 0;
  }
  void reportOutOfMemory(std::int64_t, std::size_t, std::size_t, c10::Device) override {}
  bool memoryProfilingEnabled() const override { return true; }
  std::int64_t bytes = 0, peak = 0, blocks = 0;
};

std::int64_t residentPeak() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) * 1024;
  return 0;
}

} // namespace

struct StepMeter::State {
  explicit State(Device d) : device(d) {
    if (device == Device::kCuda) {
      base = deviceAllocator().bytes;
      return;
    }
    memory = std::make_shared<HostMemory>();
    guard.emplace(c10::DebugInfoKind::PROFILER_STATE, memory);
  }
  Device device;
  std::int64_t base = 0;
  std::shared_ptr<HostMemory> memory;
  std::optional<c10::DebugInfoGuard> guard;
};

StepMeter::StepMeter(Device device) : state_(std::make_unique<State>(device)) { resetPeak(); }
StepMeter::~StepMeter() = default;

Result<StepCounts> StepMeter::count(Trainer &trainer, std::int64_t index) {
  StepCounts counts;
  if (state_->device == Device::kCuda) {
    const AllocatorState before = deviceAllocator();
    Result<void> done;
    countKernels(counts, [&] {
      done = trainer.step(index);
      trainer.synchronize();
    });
    HOTLOOP_TRY(std::move(done));
    const AllocatorState after = deviceAllocator();
    counts.allocations = after.events - before.events;
    counts.driverCalls = after.driverCalls - before.driverCalls;
    return counts;
  }
  counts.signature = 14695981039346656037U;
  const std::int64_t blocks = state_->memory->blocks;
  const auto handle = at::addGlobalCallback(at::RecordFunctionCallback(&enter, &leave)
                                                .needsInputs(true)
                                                .scopes({at::RecordScope::FUNCTION}));
  counting = &counts;
  innermost = nullptr;
  Result<void> done = trainer.step(index);
  counting = nullptr;
  at::removeCallback(handle);
  HOTLOOP_TRY(std::move(done));
  counts.kernels = counts.launches;
  counts.allocations = state_->memory->blocks - blocks;
  return counts;
}

Result<std::int64_t> StepMeter::peakActivation(Trainer &trainer, std::int64_t &index) {
  trainer.synchronize();
  resetPeak();
  const std::int64_t before = bytes() - trainer.gradientBytesNow();
  const MemoryLog log(state_->device == Device::kCuda);
  for (int i = 0; i < 2; ++i) HOTLOOP_TRY(trainer.step(index++));
  trainer.synchronize();
  const Trainer::Persistent persistent = trainer.persistent();
  return before + log.peakWithoutGradients() - (persistent.sum() - persistent.gradients);
}

std::int64_t StepMeter::bytes() const {
  return state_->memory ? state_->memory->bytes : deviceAllocator().bytes - state_->base;
}

std::int64_t StepMeter::peakBytes() const {
  return state_->memory ? state_->memory->peak : deviceAllocator().peakBytes - state_->base;
}

std::int64_t StepMeter::processPeakBytes() const {
  return state_->memory ? residentPeak() : deviceAllocator().reservedPeakBytes;
}

void StepMeter::resetPeak() {
  if (state_->device == Device::kCuda) {
    resetDevicePeak();
    return;
  }
  state_->memory->peak = state_->memory->bytes;
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5"; // VmHWM starts again
}

} // namespace hotloop::moe
