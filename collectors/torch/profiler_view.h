#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace hotloop::torch_collector {

// What torch.profiler would see of CPU memory without us. LibTorch's CPU allocator notes a block
// only while memory profiling is on, and reports the free of noted blocks alone
// (c10/core/CPUAllocator.cpp, ProfiledCPUMemoryReporter). We keep it on always, so this does that
// book-keeping in its place. Any thread.
class ProfilerView {
public:
  struct Report {
    bool seen = false;              // whether torch.profiler would hear of it
    std::size_t totalAllocated = 0; // the total it would be told
  };

  // One report made while torch.profiler listens. bytes < 0: a free. May throw std::bad_alloc.
  Report report(const void *address, std::int64_t bytes);

private:
  std::mutex mutex_;
  std::unordered_map<const void *, std::size_t> blocks_;
  std::size_t allocated_ = 0;
};

} // namespace hotloop::torch_collector
