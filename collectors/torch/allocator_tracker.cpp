#include <c10/cuda/CUDACachingAllocator.h>

#include <dlfcn.h>

#include <atomic>
#include <cstdint>

#include "collectors/torch/plugin_api.h"
#include "collectors/torch/plugin_state.h"
#include "core/trace/tables/host_tables.h"

// Segments, retries and failures of PyTorch's CUDA caching allocator. Blocks come by another way
// (interpose.cpp). The tracker runs under the lock of the allocator's device: no CUDA, no LibTorch.
namespace {

using c10::cuda::CUDACachingAllocator::CUDAAllocator;
using c10::cuda::CUDACachingAllocator::TraceEntry;
using hotloop::AllocationAction;
using hotloop::torch_collector::producer;

CUDAAllocator *allocator = nullptr;
constexpr int kMostDevices = 64;
std::atomic<std::int64_t> retriesTold[kMostDevices];

void tell(AllocationAction action, std::uint64_t address, std::size_t bytes, int device) {
  producer->allocatorEvent(static_cast<std::uint8_t>(action),
                           static_cast<std::uint8_t>(hotloop::Allocator::kTorchCuda), address,
                           static_cast<std::int64_t>(bytes), static_cast<std::int16_t>(device));
}

// A retry (free all cached segments, ask again) has no entry of its own, but it comes before the
// segment that it makes room for.
void tellRetries(c10::DeviceIndex device, std::size_t wanted) {
  if (device < 0 || device >= kMostDevices) return;
  const std::int64_t retries = allocator->getDeviceStats(device).num_alloc_retries;
  for (std::int64_t told = retriesTold[device].exchange(retries); told < retries; ++told)
    tell(AllocationAction::kRetry, 0, wanted, device);
}

void track(const TraceEntry &entry) {
  switch (entry.action_) {
  case TraceEntry::SEGMENT_ALLOC:
  case TraceEntry::SEGMENT_MAP:
    tellRetries(entry.device_, entry.size_);
    return tell(AllocationAction::kSegmentAllocate, entry.addr_, entry.size_, entry.device_);
  case TraceEntry::SEGMENT_FREE:
  case TraceEntry::SEGMENT_UNMAP:
    return tell(AllocationAction::kSegmentFree, entry.addr_, entry.size_, entry.device_);
  case TraceEntry::OOM: return tell(AllocationAction::kOutOfMemory, 0, entry.size_, entry.device_);
  default: return;
  }
}

} // namespace

extern "C" __attribute__((visibility("default"))) int hotloop_torch_attach_allocator() {
  if (producer == nullptr) return 1;
  // Not linked, as a LibTorch without CUDA has none of this.
  void *library = dlopen("libc10_cuda.so", RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr) return 2;
  const auto *current = static_cast<std::atomic<CUDAAllocator *> *>(
      dlsym(library, "_ZN3c104cuda20CUDACachingAllocator9allocatorE"));
  if (current == nullptr) return 3;
  try {
    allocator = current->load();
    if (allocator == nullptr || !allocator->initialized()) return 4;
    allocator->attachAllocatorTraceTracker(track);
  } catch (...) {
    return 5;
  }
  return 0;
}
