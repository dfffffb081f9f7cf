#include "collectors/torch/profiler_view.h"

namespace hotloop::torch_collector {

ProfilerView::Report ProfilerView::report(const void *address, std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes >= 0) {
    blocks_[address] = static_cast<std::size_t>(bytes);
    allocated_ += static_cast<std::size_t>(bytes);
    return {true, allocated_};
  }
  const auto block = blocks_.find(address);
  if (block == blocks_.end()) {
    return {};
  }
  allocated_ -= block->second;
  blocks_.erase(block);
  return {true, allocated_};
}

} // namespace hotloop::torch_collector
