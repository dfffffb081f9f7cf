#include <string>

#include "kernels/moe_ops/routing/gate.h"

namespace hotloop::kernels::routing {

Result<void> launched(const char *what, cudaError_t error) {
  if (error == cudaSuccess) return {};
  return Unexpected(
      internalError(std::string(what) + " cannot be launched: " + cudaGetErrorString(error) + "."));
}

cudaError_t launchEarly(const void *kernel, dim3 grid, unsigned threads, std::size_t sharedBytes,
                        unsigned clusterBlocks, void **arguments, cudaStream_t stream) {
  int device = 0, major = 0;
  cudaError_t error = cudaGetDevice(&device);
  if (error == cudaSuccess)
    error = cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
  if (error == cudaSuccess && sharedBytes > 48 * 1024)
    error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 static_cast<int>(sharedBytes));
  if (error != cudaSuccess) return error;
  cudaLaunchAttribute attributes[2]{};
  attributes[0].id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attributes[0].val.programmaticStreamSerializationAllowed = 1;
  attributes[1].id = cudaLaunchAttributeClusterDimension;
  attributes[1].val.clusterDim.x = clusterBlocks;
  attributes[1].val.clusterDim.y = attributes[1].val.clusterDim.z = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = dim3(threads);
  config.dynamicSmemBytes = sharedBytes;
  config.stream = stream;
  config.attrs = attributes;
  config.numAttrs = major < 9 ? 0 : clusterBlocks > 1 ? 2 : 1;
  return cudaLaunchKernelExC(&config, kernel, arguments);
}

} // namespace hotloop::kernels::routing
