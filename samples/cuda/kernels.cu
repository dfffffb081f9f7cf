#include "samples/cuda/cuda_sample.h"

namespace hotloop::samples {

namespace {

__global__ void scaleKernel(float *x, std::size_t count, float factor, float shift, int rounds) {
  const std::size_t i = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x;
  if (i >= count) return;
  float value = x[i];
  for (int k = 0; k < rounds; ++k) value = value * factor + shift;
  x[i] = value;
}

// One block, in a fixed order: the same sum every time.
__global__ void sumKernel(const float *x, std::size_t count, float *into) {
  __shared__ float parts[256];
  float sum = 0;
  for (std::size_t i = threadIdx.x; i < count; i += blockDim.x) sum += x[i];
  parts[threadIdx.x] = sum;
  __syncthreads();
  for (unsigned half = 128; half > 0; half /= 2) {
    if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) into[0] = parts[0];
}

} // namespace

void scale(float *x, std::size_t count, float factor, float shift, int rounds,
           cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>((count + 255) / 256);
  scaleKernel<<<blocks, 256, 0, stream>>>(x, count, factor, shift, rounds);
  check(cudaGetLastError(), "launch of scale");
}

void sumInto(const float *x, std::size_t count, float *into, cudaStream_t stream) {
  sumKernel<<<1, 256, 0, stream>>>(x, count, into);
  check(cudaGetLastError(), "launch of sum");
}

} // namespace hotloop::samples
