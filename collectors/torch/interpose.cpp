#include <dlfcn.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>

#include "collectors/inject/producer.h"
#include "collectors/torch/attach.h"
#include "collectors/torch/loaded_library.h"
#include "collectors/torch/profiler_view.h"
#include "core/trace/tables/host_tables.h"

// The two functions of libc10 that its allocators ask and tell, in front of the real ones. LibTorch
// calls them through the PLT, from every thread, and nothing that it or torch.profiler sees
// changes.

namespace c10 {

struct Device { // c10/core/Device.h
  std::int8_t type;
  std::int8_t index;
};

#define HOTLOOP_EXPORT __attribute__((visibility("default")))
HOTLOOP_EXPORT bool memoryProfilingEnabled();
HOTLOOP_EXPORT void reportMemoryUsageToProfiler(void *address, std::int64_t bytes,
                                                std::size_t totalAllocated,
                                                std::size_t totalReserved, Device device);

} // namespace c10

namespace hotloop::torch_collector {
namespace {

constexpr std::int8_t kCpu = 0; // c10::DeviceType
constexpr std::int8_t kCuda = 1;

struct Real {
  bool (*enabled)() = nullptr;
  void (*report)(void *, std::int64_t, std::size_t, std::size_t, c10::Device) = nullptr;
};
std::atomic<const Real *> real{nullptr};
std::atomic<bool> recording{false}; // set once, by installTorchCollector
std::atomic<bool> profilerSeen{false};

// The functions that we stand in front of. Null in the odd process whose caller is not libc10.
const Real *findReal() noexcept {
  if (const Real *known = real.load(std::memory_order_acquire)) {
    return known;
  }
  static Real found = [] {
    Real functions;
    if (void *library = findLoaded("libc10.so").handle) {
      functions.enabled = reinterpret_cast<decltype(functions.enabled)>(
          dlsym(library, "_ZN3c1022memoryProfilingEnabledEv"));
      functions.report = reinterpret_cast<decltype(functions.report)>(
          dlsym(library, "_ZN3c1027reportMemoryUsageToProfilerEPvlmmNS_6DeviceE"));
    }
    return functions;
  }();
  real.store(&found, std::memory_order_release);
  return &found;
}

bool profilerListens() noexcept {
  const Real *functions = findReal();
  return functions->enabled != nullptr && functions->enabled();
}

ProfilerView &profilerView() {
  static ProfilerView *view = new ProfilerView; // outlives the allocators' last calls at exit
  return *view;
}

// What torch.profiler would be told without us; false: nothing.
bool asWithoutUs(const void *address, std::int64_t bytes, std::size_t &totalAllocated) noexcept {
  try {
    const ProfilerView::Report report = profilerView().report(address, bytes);
    totalAllocated = report.totalAllocated;
    return report.seen;
  } catch (const std::exception &) {
    inject::count(ring::Counter::kCallbackFailures);
    return true;
  }
}

enum class Attachment : int { kWaiting, kBusy, kDone };
std::atomic<Attachment> attachment{Attachment::kWaiting};
std::atomic<std::uint32_t> asked{0};

// libc10 may be used, or called while its constructors run, before libtorch_cpu is there.
void attachOnce() noexcept {
  const std::uint32_t times = asked.fetch_add(1, std::memory_order_relaxed);
  if ((times & (times + 1)) != 0 && times % 256 != 0) {
    return;
  }
  Attachment waiting = Attachment::kWaiting;
  if (attachment.compare_exchange_strong(waiting, Attachment::kBusy)) {
    attachment.store(attachOperators() ? Attachment::kDone : Attachment::kWaiting);
  }
}

// The CUDA allocator only reports, under its lock: a thread of ours attaches, where there is one.
void attachFromReport() noexcept {
  static std::atomic<bool> requested{false};
  if (requested.exchange(true, std::memory_order_relaxed)) {
    return;
  }
  if (!inject::callLater([]() noexcept { attachOnce(); })) {
    attachOnce();
  }
}

} // namespace
} // namespace hotloop::torch_collector

namespace hotloop::inject {

void installTorchCollector() noexcept {
  torch_collector::recording.store(options().recording && options().operators);
}

} // namespace hotloop::inject

using namespace hotloop::torch_collector;

bool c10::memoryProfilingEnabled() {
  if (!recording.load(std::memory_order_relaxed)) {
    return profilerListens();
  }
  if (attachment.load(std::memory_order_relaxed) == Attachment::kWaiting) {
    attachOnce();
  }
  return true;
}

void c10::reportMemoryUsageToProfiler(void *address, std::int64_t bytes, std::size_t totalAllocated,
                                      std::size_t totalReserved, Device device) {
  if (recording.load(std::memory_order_relaxed) && (device.type == kCpu || device.type == kCuda)) {
    const auto allocator =
        device.type == kCpu ? hotloop::Allocator::kTorchCpu : hotloop::Allocator::kTorchCuda;
    hotloop::inject::allocation(
        static_cast<std::uint8_t>(allocator), reinterpret_cast<std::uintptr_t>(address), bytes,
        static_cast<std::int64_t>(totalAllocated), static_cast<std::int64_t>(totalReserved),
        device.type == kCpu ? std::int16_t{-1} : std::int16_t{device.index});
    if (device.type == kCuda) {
      if (attachment.load(std::memory_order_relaxed) == Attachment::kWaiting) {
        attachFromReport();
      }
      attachAllocator();
    }
  }
  if (!profilerListens()) {
    return;
  }
  if (recording.load(std::memory_order_relaxed)) {
    if (!profilerSeen.exchange(true, std::memory_order_relaxed)) {
      hotloop::inject::count(hotloop::ring::Counter::kTorchProfilerSeen);
    }
    if (device.type == kCpu && !asWithoutUs(address, bytes, totalAllocated)) {
      return;
    }
  }
  findReal()->report(address, bytes, totalAllocated, totalReserved, device);
}
