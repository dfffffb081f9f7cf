#include "kernels/moe_ops/moe_sizes.h"
#include "kernels/moe_ops/routing/gate.h"
#include "kernels/moe_ops/routing/gate_few_kernel.cuh"

namespace hotloop::kernels::routing {
namespace {

template <class X, class W> const void *kernelFor() {
  return reinterpret_cast<const void *>(&fewGateKernel<X, W>);
}

const void *kernelFor(const GateForward &a) {
  const bool floatGate = a.gateType == ElementType::kFloat32;
  switch (a.xType) {
  case ElementType::kFloat32: return kernelFor<float, float>();
  case ElementType::kBFloat16:
    return floatGate ? kernelFor<__nv_bfloat16, float>()
                     : kernelFor<__nv_bfloat16, __nv_bfloat16>();
  case ElementType::kFloat16:
    return floatGate ? kernelFor<__half, float>() : kernelFor<__half, __half>();
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
