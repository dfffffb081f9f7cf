#include "collectors/cupti/api_list.h"

#include <array>

namespace hotloop::cupti {
namespace {

using ring::ApiClass;

// clang-format off
#define RUNTIME(name, kind) ApiEntry{CUPTI_RUNTIME_TRACE_CBID_##name, ApiClass::k##kind}
#define DRIVER(name, kind) ApiEntry{CUPTI_DRIVER_TRACE_CBID_##name, ApiClass::k##kind}
constexpr ApiEntry kRuntime[] = {
    RUNTIME(cudaLaunchKernel_v7000, Launch), RUNTIME(cudaLaunchKernel_ptsz_v7000, Launch),
    RUNTIME(cudaLaunchKernelExC_v11060, Launch), RUNTIME(cudaLaunchKernelExC_ptsz_v11060, Launch),
    RUNTIME(cudaLaunchCooperativeKernel_v9000, Launch),
    RUNTIME(cudaLaunchCooperativeKernel_ptsz_v9000, Launch),
    RUNTIME(cudaLaunchCooperativeKernelMultiDevice_v9000, Launch),
    RUNTIME(__cudaLaunchKernel_v13000, Launch), RUNTIME(__cudaLaunchKernel_ptsz_v13000, Launch),
    RUNTIME(cudaGraphLaunch_v10000, Launch), RUNTIME(cudaGraphLaunch_ptsz_v10000, Launch),
    RUNTIME(cudaLaunchHostFunc_v10000, Launch), RUNTIME(cudaLaunchHostFunc_ptsz_v10000, Launch),
    RUNTIME(cudaStreamSynchronize_v3020, Sync), RUNTIME(cudaStreamSynchronize_ptsz_v7000, Sync),
    RUNTIME(cudaDeviceSynchronize_v3020, Sync), RUNTIME(cudaThreadSynchronize_v3020, Sync),
    RUNTIME(cudaEventSynchronize_v3020, Sync),
    RUNTIME(cudaMemcpy_v3020, BlockingCopy), RUNTIME(cudaMemcpy_ptds_v7000, BlockingCopy),
    RUNTIME(cudaMemcpy2D_v3020, BlockingCopy), RUNTIME(cudaMemcpy2D_ptds_v7000, BlockingCopy),
    RUNTIME(cudaMemcpy3D_v3020, BlockingCopy), RUNTIME(cudaMemcpy3D_ptds_v7000, BlockingCopy),
    RUNTIME(cudaMemcpyToSymbol_v3020, BlockingCopy),
    RUNTIME(cudaMemcpyToSymbol_ptds_v7000, BlockingCopy),
    RUNTIME(cudaMemcpyFromSymbol_v3020, BlockingCopy),
    RUNTIME(cudaMemcpyFromSymbol_ptds_v7000, BlockingCopy),
    RUNTIME(cudaMemcpyPeer_v4000, BlockingCopy), RUNTIME(cudaMemcpy3DPeer_v4000, BlockingCopy),
    RUNTIME(cudaMemcpy3DPeer_ptds_v7000, BlockingCopy),
    RUNTIME(cudaMemcpyToArray_v3020, BlockingCopy),
    RUNTIME(cudaMemcpyFromArray_v3020, BlockingCopy),
    RUNTIME(cudaMemcpy2DToArray_v3020, BlockingCopy),
    RUNTIME(cudaMemcpy2DFromArray_v3020, BlockingCopy),
    RUNTIME(cudaMemcpyAsync_v3020, Copy), RUNTIME(cudaMemcpyAsync_ptsz_v7000, Copy),
    RUNTIME(cudaMemcpy2DAsync_v3020, Copy), RUNTIME(cudaMemcpy2DAsync_ptsz_v7000, Copy),
    RUNTIME(cudaMemcpy3DAsync_v3020, Copy), RUNTIME(cudaMemcpy3DAsync_ptsz_v7000, Copy),
    RUNTIME(cudaMemcpyToSymbolAsync_v3020, Copy), RUNTIME(cudaMemcpyToSymbolAsync_ptsz_v7000, Copy),
    RUNTIME(cudaMemcpyFromSymbolAsync_v3020, Copy),
    RUNTIME(cudaMemcpyFromSymbolAsync_ptsz_v7000, Copy), RUNTIME(cudaMemcpyPeerAsync_v4000, Copy),
    RUNTIME(cudaMemcpy3DPeerAsync_v4000, Copy), RUNTIME(cudaMemcpy3DPeerAsync_ptsz_v7000, Copy),
    RUNTIME(cudaMemcpyBatchAsync_v13000, Copy), RUNTIME(cudaMemcpyBatchAsync_ptsz_v13000, Copy),
    RUNTIME(cudaMemcpyBatchAsync_v12080, Copy), RUNTIME(cudaMemcpyBatchAsync_ptsz_v12080, Copy),
    RUNTIME(cudaMemset_v3020, Copy), RUNTIME(cudaMemset_ptds_v7000, Copy),
    RUNTIME(cudaMemsetAsync_v3020, Copy), RUNTIME(cudaMemsetAsync_ptsz_v7000, Copy),
    RUNTIME(cudaMemset2D_v3020, Copy), RUNTIME(cudaMemset2D_ptds_v7000, Copy),
    RUNTIME(cudaMemset2DAsync_v3020, Copy), RUNTIME(cudaMemset2DAsync_ptsz_v7000, Copy),
    RUNTIME(cudaMemset3D_v3020, Copy), RUNTIME(cudaMemset3DAsync_v3020, Copy),
    RUNTIME(cudaMemPrefetchAsync_v12020, Copy), RUNTIME(cudaMemPrefetchAsync_ptsz_v12020, Copy),
    RUNTIME(cudaMalloc_v3020, Memory), RUNTIME(cudaMallocPitch_v3020, Memory),
    RUNTIME(cudaMalloc3D_v3020, Memory), RUNTIME(cudaMallocArray_v3020, Memory),
    RUNTIME(cudaFree_v3020, Memory), RUNTIME(cudaFreeArray_v3020, Memory),
    RUNTIME(cudaMallocHost_v3020, Memory), RUNTIME(cudaHostAlloc_v3020, Memory),
    RUNTIME(cudaFreeHost_v3020, Memory), RUNTIME(cudaHostRegister_v4000, Memory),
    RUNTIME(cudaHostUnregister_v4000, Memory), RUNTIME(cudaMallocManaged_v6000, Memory),
    RUNTIME(cudaMallocAsync_v11020, Memory), RUNTIME(cudaMallocAsync_ptsz_v11020, Memory),
    RUNTIME(cudaMallocFromPoolAsync_v11020, Memory),
    RUNTIME(cudaMallocFromPoolAsync_ptsz_v11020, Memory), RUNTIME(cudaFreeAsync_v11020, Memory),
    RUNTIME(cudaFreeAsync_ptsz_v11020, Memory), RUNTIME(cudaMemPoolCreate_v11020, Memory),
    RUNTIME(cudaMemPoolDestroy_v11020, Memory), RUNTIME(cudaMemPoolTrimTo_v11020, Memory),
    RUNTIME(cudaMemGetInfo_v3020, Memory), RUNTIME(cudaDeviceReset_v3020, Memory),
    RUNTIME(cudaGraphInstantiate_v10000, Graph), RUNTIME(cudaGraphInstantiate_v12000, Graph),
    RUNTIME(cudaGraphInstantiateWithFlags_v11040, Graph),
    RUNTIME(cudaGraphInstantiateWithParams_v12000, Graph),
    RUNTIME(cudaGraphInstantiateWithParams_ptsz_v12000, Graph),
    RUNTIME(cudaGraphExecUpdate_v10020, Graph), RUNTIME(cudaStreamBeginCapture_v10000, Graph),
    RUNTIME(cudaStreamBeginCapture_ptsz_v10000, Graph),
    RUNTIME(cudaStreamBeginCaptureToGraph_v12030, Graph),
    RUNTIME(cudaStreamBeginCaptureToGraph_ptsz_v12030, Graph),
    RUNTIME(cudaStreamEndCapture_v10000, Graph), RUNTIME(cudaStreamEndCapture_ptsz_v10000, Graph),
    RUNTIME(cudaGraphExecDestroy_v10000, Graph), RUNTIME(cudaGraphUpload_v10000, Graph),
    RUNTIME(cudaGraphUpload_ptsz_v10000, Graph),
    RUNTIME(cudaStreamWaitEvent_v3020, Other), RUNTIME(cudaStreamWaitEvent_ptsz_v7000, Other),
    RUNTIME(cudaEventRecord_v3020, Other), RUNTIME(cudaEventRecord_ptsz_v7000, Other),
    RUNTIME(cudaEventRecordWithFlags_v11010, Other),
    RUNTIME(cudaEventRecordWithFlags_ptsz_v11010, Other), RUNTIME(cudaStreamCreate_v3020, Other),
    RUNTIME(cudaStreamCreateWithFlags_v5000, Other),
    RUNTIME(cudaStreamCreateWithPriority_v5050, Other), RUNTIME(cudaStreamDestroy_v3020, Other),
    RUNTIME(cudaStreamDestroy_v5050, Other), RUNTIME(cudaEventCreate_v3020, Other),
    RUNTIME(cudaEventCreateWithFlags_v3020, Other), RUNTIME(cudaEventDestroy_v3020, Other),
    RUNTIME(cudaLibraryLoadData_v12060, Other), RUNTIME(cudaLibraryLoadFromFile_v12060, Other),
    RUNTIME(cudaLibraryUnload_v12060, Other), RUNTIME(cudaProfilerStart_v4000, Other),
    RUNTIME(cudaProfilerStop_v4000, Other),
};
constexpr ApiEntry kDriver[] = {
    DRIVER(cuLaunchKernel, Launch), DRIVER(cuLaunchKernel_ptsz, Launch),
    DRIVER(cuLaunchKernelEx, Launch), DRIVER(cuLaunchKernelEx_ptsz, Launch),
    DRIVER(cuLaunchCooperativeKernel, Launch), DRIVER(cuLaunchCooperativeKernel_ptsz, Launch),
    DRIVER(cuLaunchCooperativeKernelMultiDevice, Launch), DRIVER(cuGraphLaunch, Launch),
    DRIVER(cuGraphLaunch_ptsz, Launch), DRIVER(cuLaunchHostFunc, Launch),
    DRIVER(cuLaunchHostFunc_ptsz, Launch),
    DRIVER(cuStreamSynchronize, Sync), DRIVER(cuStreamSynchronize_ptsz, Sync),
    DRIVER(cuCtxSynchronize, Sync), DRIVER(cuCtxSynchronize_v2, Sync),
    DRIVER(cuEventSynchronize, Sync),
    DRIVER(cuMemcpyHtoD_v2, BlockingCopy), DRIVER(cuMemcpyHtoD_v2_ptds, BlockingCopy),
    DRIVER(cuMemcpyDtoH_v2, BlockingCopy), DRIVER(cuMemcpyDtoH_v2_ptds, BlockingCopy),
    DRIVER(cuMemcpy, BlockingCopy), DRIVER(cuMemcpy_ptds, BlockingCopy),
    DRIVER(cuMemcpy2D_v2, BlockingCopy), DRIVER(cuMemcpy2D_v2_ptds, BlockingCopy),
    DRIVER(cuMemcpy3D_v2, BlockingCopy), DRIVER(cuMemcpy3D_v2_ptds, BlockingCopy),
    DRIVER(cuMemcpyPeer, BlockingCopy), DRIVER(cuMemcpyPeer_ptds, BlockingCopy),
    DRIVER(cuMemcpyDtoD_v2, Copy), DRIVER(cuMemcpyDtoD_v2_ptds, Copy),
    DRIVER(cuMemcpyHtoDAsync_v2, Copy), DRIVER(cuMemcpyHtoDAsync_v2_ptsz, Copy),
    DRIVER(cuMemcpyDtoHAsync_v2, Copy), DRIVER(cuMemcpyDtoHAsync_v2_ptsz, Copy),
    DRIVER(cuMemcpyDtoDAsync_v2, Copy), DRIVER(cuMemcpyDtoDAsync_v2_ptsz, Copy),
    DRIVER(cuMemcpyAsync, Copy), DRIVER(cuMemcpyAsync_ptsz, Copy), DRIVER(cuMemcpy2DAsync_v2, Copy),
    DRIVER(cuMemcpy2DAsync_v2_ptsz, Copy), DRIVER(cuMemcpy3DAsync_v2, Copy),
    DRIVER(cuMemcpy3DAsync_v2_ptsz, Copy), DRIVER(cuMemcpyPeerAsync, Copy),
    DRIVER(cuMemcpyPeerAsync_ptsz, Copy), DRIVER(cuMemcpyBatchAsync_v2, Copy),
    DRIVER(cuMemcpyBatchAsync_v2_ptsz, Copy), DRIVER(cuMemsetD8_v2, Copy),
    DRIVER(cuMemsetD8_v2_ptds, Copy), DRIVER(cuMemsetD16_v2, Copy), DRIVER(cuMemsetD32_v2, Copy),
    DRIVER(cuMemsetD32_v2_ptds, Copy), DRIVER(cuMemsetD8Async, Copy),
    DRIVER(cuMemsetD8Async_ptsz, Copy), DRIVER(cuMemsetD16Async, Copy),
    DRIVER(cuMemsetD32Async, Copy), DRIVER(cuMemsetD32Async_ptsz, Copy),
    DRIVER(cuMemAlloc_v2, Memory), DRIVER(cuMemAllocPitch_v2, Memory), DRIVER(cuMemFree_v2, Memory),
    DRIVER(cuMemAllocHost_v2, Memory), DRIVER(cuMemHostAlloc, Memory),
    DRIVER(cuMemFreeHost, Memory), DRIVER(cuMemHostRegister_v2, Memory),
    DRIVER(cuMemHostUnregister, Memory), DRIVER(cuMemAllocManaged, Memory),
    DRIVER(cuMemAllocAsync, Memory), DRIVER(cuMemAllocAsync_ptsz, Memory),
    DRIVER(cuMemAllocFromPoolAsync, Memory), DRIVER(cuMemAllocFromPoolAsync_ptsz, Memory),
    DRIVER(cuMemFreeAsync, Memory), DRIVER(cuMemFreeAsync_ptsz, Memory),
    DRIVER(cuMemCreate, Memory), DRIVER(cuMemRelease, Memory), DRIVER(cuMemMap, Memory),
    DRIVER(cuMemUnmap, Memory), DRIVER(cuMemSetAccess, Memory), DRIVER(cuMemAddressReserve, Memory),
    DRIVER(cuMemAddressFree, Memory), DRIVER(cuMemPoolTrimTo, Memory),
    DRIVER(cuMemPoolCreate, Memory), DRIVER(cuMemPoolDestroy, Memory),
    DRIVER(cuGraphInstantiateWithFlags, Graph), DRIVER(cuGraphInstantiateWithParams, Graph),
    DRIVER(cuGraphInstantiateWithParams_ptsz, Graph), DRIVER(cuGraphInstantiate_v2, Graph),
    DRIVER(cuGraphExecUpdate_v2, Graph), DRIVER(cuGraphExecUpdate, Graph),
    DRIVER(cuStreamBeginCapture_v2, Graph), DRIVER(cuStreamBeginCapture_v2_ptsz, Graph),
    DRIVER(cuStreamBeginCaptureToGraph, Graph), DRIVER(cuStreamEndCapture, Graph),
    DRIVER(cuStreamEndCapture_ptsz, Graph), DRIVER(cuGraphExecDestroy, Graph),
    DRIVER(cuStreamWaitEvent, Other), DRIVER(cuStreamWaitEvent_ptsz, Other),
    DRIVER(cuEventRecord, Other), DRIVER(cuEventRecord_ptsz, Other),
    DRIVER(cuEventRecordWithFlags, Other), DRIVER(cuStreamCreate, Other),
    DRIVER(cuStreamCreateWithPriority, Other), DRIVER(cuStreamDestroy_v2, Other),
    DRIVER(cuEventCreate, Other), DRIVER(cuEventDestroy_v2, Other), DRIVER(cuModuleLoad, Other),
    DRIVER(cuModuleLoadData, Other), DRIVER(cuModuleLoadDataEx, Other),
    DRIVER(cuModuleLoadFatBinary, Other), DRIVER(cuModuleUnload, Other),
    DRIVER(cuLibraryLoadData, Other), DRIVER(cuLibraryLoadFromFile, Other),
    DRIVER(cuLibraryUnload, Other), DRIVER(cuCtxDestroy_v2, Other),
};
#undef RUNTIME
#undef DRIVER
// clang-format on

constexpr std::size_t kMostIds = 1024;
using Classes = std::array<ApiClass, kMostIds>;

template <std::size_t N> constexpr Classes classesOf(const ApiEntry (&entries)[N]) {
  Classes classes{};
  for (const ApiEntry &entry : entries) classes[entry.id] = entry.apiClass;
  return classes;
}
constexpr Classes kRuntimeClasses = classesOf(kRuntime);
constexpr Classes kDriverClasses = classesOf(kDriver);

} // namespace

std::span<const ApiEntry> runtimeApis() { return kRuntime; }
std::span<const ApiEntry> driverApis() { return kDriver; }

ApiClass classOf(CUpti_CallbackDomain domain, CUpti_CallbackId id) noexcept {
  if (id >= kMostIds) return ApiClass::kOther;
  return domain == CUPTI_CB_DOMAIN_RUNTIME_API ? kRuntimeClasses[id] : kDriverClasses[id];
}

} // namespace hotloop::cupti
