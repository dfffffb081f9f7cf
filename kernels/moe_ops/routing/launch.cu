#include <string>

#include "kernels/moe_ops/routing/gate.h"

namespace hotloop::kernels::routing {

Result<void> launched(const char *what, cudaError_t error) {
  if (error == cudaSuccess) return {};
  return Unexpected(
      internalError(std::string(what) + " cannot be launched: " + cudaGetErrorString(error) + "."));
}

cudaError_t launchBlocks(const void *kernel, dim3 grid, unsigned threads, std::size_t sharedBytes,
                         unsigned clusterBlocks, void **arguments, cudaStream_t stream) {
  cudaError_t error = cudaSuccess;
  if (sharedBytes > 48 * 1024)
    error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 static_cast<int>(sharedBytes));
  if (error != cudaSuccess) return error;
  cudaLaunchAttribute attribute{};
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim.x = clusterBlocks;
  attribute.val.clusterDim.y = attribute.val.clusterDim.z = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = dim3(threads);
  config.dynamicSmemBytes = sharedBytes;
  config.stream = stream;
  config.attrs = &attribute;
  config.numAttrs = clusterBlocks > 1 ? 1 : 0;
  return cudaLaunchKernelExC(&config, kernel, arguments);
}

} // namespace hotloop::kernels::routing
