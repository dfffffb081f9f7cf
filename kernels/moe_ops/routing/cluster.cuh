#pragma once

#include <cooperative_groups.h>

// The blocks of a cluster; before sm_90 one block alone is a cluster of one.
namespace hotloop::kernels::routing {

__device__ __forceinline__ unsigned clusterRank() {
#if __CUDA_ARCH__ >= 900
  return cooperative_groups::this_cluster().block_rank();
#else
  return 0;
#endif
}
__device__ __forceinline__ unsigned clusterSize() {
#if __CUDA_ARCH__ >= 900
  return cooperative_groups::this_cluster().num_blocks();
#else
  return 1;
#endif
}
__device__ __forceinline__ void clusterBarrier() {
#if __CUDA_ARCH__ >= 900
  cooperative_groups::this_cluster().sync();
#else
  __syncthreads();
#endif
}
// The same place in the shared memory of another block. Stores there are sent and forgotten; loads
// would wait for the way and back.
template <class T> __device__ __forceinline__ T *atRank(T *mine, unsigned rank) {
#if __CUDA_ARCH__ >= 900
  return cooperative_groups::this_cluster().map_shared_rank(mine, rank);
#else
  return mine;
#endif
}
// The two halves of clusterBarrier(): what stands between does not wait for the other blocks.
__device__ __forceinline__ void clusterArrive() {
#if __CUDA_ARCH__ >= 900
  asm volatile("barrier.cluster.arrive.aligned;" ::: "memory");
#endif
}
__device__ __forceinline__ void clusterWait() {
#if __CUDA_ARCH__ >= 900
  asm volatile("barrier.cluster.wait.aligned;" ::: "memory");
#else
  __syncthreads();
#endif
}

} // namespace hotloop::kernels::routing
