#include "reference_moe/device/spin.h"

namespace hotloop::moe {
namespace {

__device__ std::int64_t timer() {
  std::int64_t now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  return now;
}

__global__ void injectedDelay(std::int64_t nanoseconds) {
  if (nanoseconds <= 0) return;
  const std::int64_t end = timer() + nanoseconds;
  while (timer() < end) {
  }
}

} // namespace

cudaError_t launchSpin(std::int64_t nanoseconds, cudaStream_t stream) {
  injectedDelay<<<1, 1, 0, stream>>>(nanoseconds);
  return cudaGetLastError();
}

} // namespace hotloop::moe
