#include "kernels/moe_ops/moe_sizes.h"
#include "kernels/moe_ops/routing/gate.h"
#include "kernels/moe_ops/routing/gate_few_kernel.cuh"

namespace hotloop::kernels::routing {
namespace {

template <class X, class W> const void *kernelFor(std::int64_t experts) {
  return experts <= 8    ? reinterpret_cast<const void *>(&fewGateKernel<X, W, 8>)
         : experts <= 16 ? reinterpret_cast<const void *>(&fewGateKernel<X, W, 16>)
                         : reinterpret_cast<const void *>(&fewGateKernel<X, W, 32>);
}

const void *kernelFor(const GateForward &a) {
  const bool floatGate = a.gateType == ElementType::kFloat32;
  switch (a.xType) {
  case ElementType::kFloat32: return kernelFor<float, float>(a.shape.experts);
  case ElementType::kBFloat16:
    return floatGate ? kernelFor<__nv_bfloat16, float>(a.shape.experts)
                     : kernelFor<__nv_bfloat16, __nv_bfloat16>(a.shape.experts);
  case ElementType::kFloat16:
    return floatGate ? kernelFor<__half, float>(a.shape.experts)
                     : kernelFor<__half, __half>(a.shape.experts);
  }
  return nullptr;
}

} // namespace

Result<void> gateFew(const GateForward &a, int clusterBlocks, cudaStream_t stream) {
  GateArguments args = argumentsOf(a);
  void *arguments[] = {&args};
  const auto tiles = static_cast<unsigned>(ceilDiv(a.shape.tokens, kCountTile));
  const auto blocks = static_cast<unsigned>(clusterBlocks);
  return launched("The gate for few experts", launchBlocks(kernelFor(a), dim3(tiles * blocks), 256,
                                                           0, blocks, arguments, stream));
}

} // namespace hotloop::kernels::routing
