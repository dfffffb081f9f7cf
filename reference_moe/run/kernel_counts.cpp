#include "reference_moe/run/kernel_counts.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <torch/csrc/autograd/profiler_kineto.h>

namespace hotloop::moe {
namespace {

namespace profiler = torch::autograd::profiler;
namespace impl = torch::profiler::impl;

bool isLaunch(const std::string &name) {
  return name.starts_with("cudaLaunch") || name.starts_with("cuLaunch");
}
// Not cudaDeviceSynchronize: no operator of LibTorch calls it, but `work` does at its end, and the
// profiler when it stops.
bool isWait(const std::string &name) {
  return name == "cudaStreamSynchronize" || name == "cudaEventSynchronize" ||
         name == "cuStreamSynchronize" || name == "cuEventSynchronize" || name == "cudaMemcpy";
}

} // namespace

void countKernels(StepCounts &counts, const std::function<void()> &work) {
  const impl::ProfilerConfig config(impl::ProfilerState::KINETO);
  const std::set<impl::ActivityType> activities{impl::ActivityType::CPU, impl::ActivityType::CUDA};
  profiler::prepareProfiler(config, activities);
  profiler::enableProfiler(config, activities);
  try {
    work();
  } catch (...) {
    profiler::disableProfiler();
    throw;
  }
  const auto result = profiler::disableProfiler();

  std::vector<const profiler::KinetoEvent *> onDevice;
  for (const profiler::KinetoEvent &event : result->events()) {
    const std::string name = event.name();
    if (event.deviceType() == c10::DeviceType::CUDA) {
      if (name.starts_with("Memcpy")) {
        ++counts.copies;
        counts.copiesToHost += name.starts_with("Memcpy DtoH");
      } else if (!name.starts_with("Memset") && event.durationNs() > 0) {
        onDevice.push_back(&event);
      }
      continue;
    }
    if (name == "cudaGraphLaunch") ++counts.graphLaunches;
    if (isLaunch(name) || name == "cudaGraphLaunch") ++counts.launches;
    counts.syncs += isWait(name);
  }
  std::sort(onDevice.begin(), onDevice.end(),
            [](const auto *a, const auto *b) { return a->startNs() < b->startNs(); });
  counts.signature = 14695981039346656037U;
  for (const auto *event : onDevice) {
    ++counts.kernels;
    for (const char c : event->name())
      counts.signature = (counts.signature ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
}

} // namespace hotloop::moe
