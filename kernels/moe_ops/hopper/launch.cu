#include "kernels/moe_ops/hopper/launch.cuh"

#include <string>

namespace hotloop::kernels::hopper {
namespace {

using Encode = CUresult (*)(CUtensorMap *, CUtensorMapDataType, cuuint32_t, void *,
                            const cuuint64_t *, const cuuint64_t *, const cuuint32_t *,
                            const cuuint32_t *, CUtensorMapInterleave, CUtensorMapSwizzle,
                            CUtensorMapL2promotion, CUtensorMapFloatOOBfill);

// From the driver that is loaded: nothing links to libcuda.
Encode encoder() {
  static const Encode kEncode = [] {
    void *entry = nullptr;
    cudaDriverEntryPointQueryResult found = cudaDriverEntryPointSymbolNotFound;
    const cudaError_t error = cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &entry,
                                                               12000, cudaEnableDefault, &found);
    return error == cudaSuccess && found == cudaDriverEntryPointSuccess
               ? reinterpret_cast<Encode>(entry)
               : nullptr;
  }();
  return kEncode;
}

} // namespace

Result<void> makeMap(const MapShape &s, CUtensorMap &map) {
  const Encode encode = encoder();
  if (!encode)
    return Unexpected(
        unsupported("The driver has no cuTensorMapEncodeTiled: the sm_90a kernels need "
                    "a driver of CUDA 12.0 or later."));
  const cuuint64_t sizes[3] = {static_cast<cuuint64_t>(s.columns), static_cast<cuuint64_t>(s.rows),
                               static_cast<cuuint64_t>(s.planes)};
  const cuuint64_t strides[2] = {sizes[0] * 2, sizes[0] * sizes[1] * 2};
  const cuuint32_t box[3] = {64, static_cast<cuuint32_t>(s.boxRows), 1};
  const cuuint32_t steps[3] = {1, 1, 1};
  const CUresult result =
      encode(&map,
             s.type == ElementType::kBFloat16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16
                                              : CU_TENSOR_MAP_DATA_TYPE_FLOAT16,
             s.threeDimensional ? 3 : 2, const_cast<void *>(s.data), sizes, strides, box, steps,
             CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
             CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (result != CUDA_SUCCESS)
    return Unexpected(invalidInput(
        "A matrix [" + std::to_string(s.planes) + ", " + std::to_string(s.rows) + ", " +
        std::to_string(s.columns) + "] cannot be read by the copy engine (the driver's error " +
        std::to_string(result) +
        "): its address must be a multiple of 16 and its columns a multiple of 8."));
  return {};
}

Result<int> multiprocessors() {
  int device = 0, count = 0;
  cudaError_t error = cudaGetDevice(&device);
  if (error == cudaSuccess)
    error = cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device);
  if (error != cudaSuccess)
    return Unexpected(internalError(std::string("The device cannot be asked for its size: ") +
                                    cudaGetErrorString(error) + "."));
  return count;
}

Result<void> launchPersistent(const void *kernel, int blocks, int threads, int sharedBytes,
                              void *argument, cudaStream_t stream) {
  cudaError_t error =
      cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, sharedBytes);
  if (error == cudaSuccess) {
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(static_cast<unsigned>(blocks));
    config.blockDim = dim3(static_cast<unsigned>(threads));
    config.dynamicSmemBytes = static_cast<std::size_t>(sharedBytes);
    config.stream = stream;
    void *arguments[] = {argument};
    error = cudaLaunchKernelExC(&config, kernel, arguments);
  }
  if (error != cudaSuccess)
    return Unexpected(internalError(std::string("A grouped product cannot be launched: ") +
                                    cudaGetErrorString(error) + "."));
  return {};
}

} // namespace hotloop::kernels::hopper
