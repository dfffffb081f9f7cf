#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "samples/cuda/cuda_sample.h"

namespace hotloop::samples {

void check(cudaError_t status, const char *what) {
  if (status == cudaSuccess) return;
  std::fprintf(stderr, "hotloop-cuda-samples: %s failed: %s\n", what, cudaGetErrorString(status));
  std::exit(3);
}

Floats::Floats(std::size_t count, float value) : count_(count) {
  const std::vector<float> host(count, value);
  check(cudaMalloc(reinterpret_cast<void **>(&data_), count * sizeof(float)), "cudaMalloc");
  check(cudaMemcpy(data_, host.data(), count * sizeof(float), cudaMemcpyHostToDevice),
        "cudaMemcpy");
}

Floats::~Floats() { cudaFree(data_); }

double Floats::sum() const {
  std::vector<float> host(count_);
  check(cudaMemcpy(host.data(), data_, count_ * sizeof(float), cudaMemcpyDeviceToHost),
        "cudaMemcpy");
  return std::accumulate(host.begin(), host.end(), 0.0);
}

HostFloats::HostFloats(std::size_t count, bool pinned, float value) {
  if (pinned) {
    check(cudaMallocHost(reinterpret_cast<void **>(&data_), count * sizeof(float)),
          "cudaMallocHost");
    std::fill(data_, data_ + count, value);
  } else {
    pageable_.assign(count, value);
    data_ = pageable_.data();
  }
}

HostFloats::~HostFloats() {
  if (pageable_.empty()) cudaFreeHost(data_);
}

} // namespace hotloop::samples
