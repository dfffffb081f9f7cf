#include "reference_moe/run/memory_log.h"

#include <algorithm>
#include <unordered_map>

#include <ATen/ATen.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

namespace hotloop::moe {

struct MemoryLog::Listener final : c10::MemoryReportingInfoBase {
  struct Event {
    std::int64_t size;  // negative: given back
    std::int64_t block; // index into `isGradient`; -1: older than the log
  };

  void reportMemoryUsage(void *at, std::int64_t size, std::size_t allocated, std::size_t reserved,
                         c10::Device device) override {
    if (outer != nullptr) outer->reportMemoryUsage(at, size, allocated, reserved, device);
    if (device.is_cpu() == onDevice) return;
    std::int64_t block = -1;
    if (size > 0) {
      block = static_cast<std::int64_t>(isGradient.size());
      isGradient.push_back(false);
      live[at] = block;
    } else if (const auto found = live.find(at); found != live.end()) {
      block = found->second;
      live.erase(found);
    }
    events.push_back({size, block});
  }
  void reportOutOfMemory(std::int64_t, std::size_t, std::size_t, c10::Device) override {}
  bool memoryProfilingEnabled() const override { return true; }

  bool onDevice = false;
  c10::MemoryReportingInfoBase *outer = nullptr; // the listener that this one stands before
  std::vector<Event> events;
  std::vector<bool> isGradient;
  std::unordered_map<const void *, std::int64_t> live; // address of a block: its index
};

struct MemoryLog::Guard {
  explicit Guard(std::shared_ptr<Listener> listener)
      : guard(c10::DebugInfoKind::PROFILER_STATE, std::move(listener)) {}
  c10::DebugInfoGuard guard;
};

MemoryLog::Listener *MemoryLog::living_ = nullptr;

MemoryLog::MemoryLog(bool onDevice) : listener_(std::make_shared<Listener>()) {
  listener_->onDevice = onDevice;
  listener_->outer = dynamic_cast<c10::MemoryReportingInfoBase *>(
      c10::ThreadLocalDebugInfo::get(c10::DebugInfoKind::PROFILER_STATE));
  guard_ = std::make_unique<Guard>(listener_);
  living_ = listener_.get();
}

MemoryLog::~MemoryLog() { living_ = nullptr; }

bool MemoryLog::lives() { return living_ != nullptr; }

void MemoryLog::gradientsAre(const std::vector<at::Tensor> &gradients) {
  for (const at::Tensor &gradient : gradients) {
    if (!gradient.defined()) continue;
    const auto found = living_->live.find(gradient.storage().data());
    if (found != living_->live.end())
      living_->isGradient[static_cast<std::size_t>(found->second)] = true;
  }
}

std::int64_t MemoryLog::peakWithoutGradients() const {
  std::int64_t bytes = 0, peak = 0;
  for (const Listener::Event &event : listener_->events) {
    if (event.block >= 0 && listener_->isGradient[static_cast<std::size_t>(event.block)]) continue;
    bytes += event.size;
    peak = std::max(peak, bytes);
  }
  return peak;
}

} // namespace hotloop::moe
