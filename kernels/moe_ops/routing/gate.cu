#include "kernels/moe_ops/moe_sizes.h"
#include "kernels/moe_ops/routing/gate.h"
#include "kernels/moe_ops/routing/gate_kernel.cuh"

namespace hotloop::kernels::routing {
namespace {

template <class X, class W, int kGroups>
Result<void> launchGroups(const GateForward &a, int clusterBlocks, cudaStream_t stream) {
  GateArguments args = argumentsOf(a);
  void *arguments[] = {&args};
  const auto tiles = static_cast<unsigned>(ceilDiv(a.shape.tokens, kGateTokens));
  const int shared = GateTile<X, W, kGroups>::sharedBytes(static_cast<int>(a.shape.experts));
  return launched("The gate",
                  launchBlocks(reinterpret_cast<const void *>(&gateKernel<X, W, kGroups>),
                               dim3(tiles * static_cast<unsigned>(clusterBlocks)), 256,
                               static_cast<std::size_t>(shared),
                               static_cast<unsigned>(clusterBlocks), arguments, stream));
}

template <class X, class W>
Result<void> launchTiles(const GateForward &a, int clusterBlocks, cudaStream_t stream) {
  return a.shape.experts <= 128 ? launchGroups<X, W, 2>(a, clusterBlocks, stream)
                                : launchGroups<X, W, 4>(a, clusterBlocks, stream);
}

} // namespace

GateArguments argumentsOf(const GateForward &a) {
  return {a.x,
          a.gate,
          static_cast<int>(a.shape.tokens),
          static_cast<int>(a.shape.dim),
          static_cast<int>(a.shape.experts),
          static_cast<int>(a.shape.topK),
          a.ids,
          a.weights,
          a.logits,
          a.lse,
          a.tileCounts,
          a.tileProbabilities,
          a.tileSquaredLse};
}

Result<void> gateTiles(const GateForward &a, int clusterBlocks, cudaStream_t stream) {
  const bool floatGate = a.gateType == ElementType::kFloat32;
  switch (a.xType) {
  case ElementType::kFloat32: return launchTiles<float, float>(a, clusterBlocks, stream);
  case ElementType::kBFloat16:
    return floatGate ? launchTiles<__nv_bfloat16, float>(a, clusterBlocks, stream)
                     : launchTiles<__nv_bfloat16, __nv_bfloat16>(a, clusterBlocks, stream);
  case ElementType::kFloat16:
    return floatGate ? launchTiles<__half, float>(a, clusterBlocks, stream)
                     : launchTiles<__half, __half>(a, clusterBlocks, stream);
  }
  return {};
}

} // namespace hotloop::kernels::routing
