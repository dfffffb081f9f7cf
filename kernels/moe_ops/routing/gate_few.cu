#include "kernels/moe_ops/moe_sizes.h"
#include "kernels/moe_ops/routing/gate.h"
#include "kernels/moe_ops/routing/gate_few_kernel.cuh"

namespace hotloop::kernels::routing {

Result<void> gateFew(const GateForward &a, int clusterBlocks, cudaStream_t stream) {
  GateArguments args = argumentsOf(a);
  void *arguments[] = {&args};
  const auto tiles = static_cast<unsigned>(ceilDiv(a.shape.tokens, kCountTile));
  const auto blocks = static_cast<unsigned>(clusterBlocks);
  return withTypes(a.xType, a.gateType, [&]<class X, class W>() {
    return launched("The gate for few experts",
                    launchBlocks(reinterpret_cast<const void *>(&fewGateKernel<X, W>),
                                 dim3(tiles * blocks), 256, 0, blocks, arguments, stream));
  });
}

} // namespace hotloop::kernels::routing
