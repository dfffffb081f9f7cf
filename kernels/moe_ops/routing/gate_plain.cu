#include "kernels/moe_ops/moe_sizes.h"
#include "kernels/moe_ops/routing/gate.h"
#include "kernels/moe_ops/routing/number.cuh"
#include "kernels/moe_ops/routing/select.cuh"

namespace hotloop::kernels::routing {
namespace {

// One warp per token, one dot product after another; a block per tile of 128 tokens.
__global__ void plainGateKernel(GateForward a) {
  __shared__ float rows[8][1024]; // logits of a warp's token, at last its sums
  __shared__ int counts[1024];
  __shared__ float squares[8];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int experts = static_cast<int>(a.shape.experts), dim = static_cast<int>(a.shape.dim);
  const int topK = static_cast<int>(a.shape.topK);
  for (int e = threadIdx.x; e < 1024; e += 256) counts[e] = 0;
  __syncthreads();
  float probabilities[32] = {}, square = 0;
  for (int i = warp; i < kCountTile; i += 8) {
    const std::int64_t token = static_cast<std::int64_t>(blockIdx.x) * kCountTile + i;
    if (token >= a.shape.tokens) break;
    for (int e = 0; e < experts; ++e) {
      float sum = 0;
      for (int c = lane; c < dim; c += 32)
        sum += numberAt(a.x, a.xType, token * dim + c) *
               numberAt(a.gate, a.gateType, static_cast<std::int64_t>(e) * dim + c);
      sum = warpSum(sum);
      if (lane == 0) rows[warp][e] = sum;
    }
    __syncwarp();
    const GateArguments args{nullptr, nullptr,   static_cast<int>(a.shape.tokens),
                             dim,     experts,   topK,
                             a.ids,   a.weights, a.logits,
                             a.lse,   nullptr,   nullptr,
                             nullptr};
    selectExperts<32, 1>(args, rows[warp], 0, static_cast<int>(token), 0, 1, counts, probabilities,
                         square);
    __syncwarp();
  }
#pragma unroll
  for (int i = 0; i < 32; ++i) rows[warp][lane + 32 * i] = probabilities[i];
  if (lane == 0) squares[warp] = square;
  __syncthreads();
  for (int e = threadIdx.x; e < experts; e += 256) {
    const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * experts + e;
    a.tileCounts[at] = counts[e];
    float total = 0;
    for (int w = 0; w < 8; ++w) total += rows[w][e];
    if (a.tileProbabilities) a.tileProbabilities[at] = total;
  }
  if (a.tileSquaredLse && threadIdx.x == 0) {
    float total = 0;
    for (const float s : squares) total += s;
    a.tileSquaredLse[blockIdx.x] = total;
  }
}

} // namespace

Result<void> gatePlain(const GateForward &a, cudaStream_t stream) {
  plainGateKernel<<<static_cast<unsigned>(ceilDiv(a.shape.tokens, kCountTile)), 256, 0, stream>>>(
      a);
  return launched("The plain gate", cudaGetLastError());
}

} // namespace hotloop::kernels::routing
