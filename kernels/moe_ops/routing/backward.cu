#include "kernels/moe_ops/moe_sizes.h"
#include "kernels/moe_ops/portable/tile.cuh"
#include "kernels/moe_ops/routing/gate.h"
#include "kernels/moe_ops/routing/number.cuh"

namespace hotloop::kernels::routing {
namespace {

using portable::kSumPitch;
using portable::kTile;
using portable::kTileDepth;
using portable::Layout;

__device__ __forceinline__ float warpSum(float x) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2) x += __shfl_xor_sync(0xffffffff, x, step);
  return x;
}

// One warp per token.
__global__ __launch_bounds__(256) void gateGradientKernel(const GateBackward a, int partCount) {
  const std::int64_t token = static_cast<std::int64_t>(blockIdx.x) * 8 + threadIdx.x / 32;
  if (token >= a.shape.tokens) return;
  const int lane = threadIdx.x % 32, experts = static_cast<int>(a.shape.experts);
  const int topK = static_cast<int>(a.shape.topK);
  const float *logits = a.logits + token * experts;
  const float lse = a.lse[token], scale = a.dLoss ? *a.dLoss : 1.0f;
  const bool hopeless = lse == -__builtin_huge_valf(); // no number among the logits
  const auto probability = [&](int e) {
    const float logit = logits[e];
    return hopeless || logit != logit ? 0.0f : __expf(logit - lse);
  };
  float balance = 0; // <p, g>
  if (a.balance)
    for (int e = lane; e < experts; e += 32) balance += probability(e) * a.balance[e];
  balance = warpSum(balance);

  float dWeight = 0; // lane j: of slot j
  for (int j = 0; j < topK; ++j) {
    const std::int64_t row = a.rowOfSlot[token * topK + j];
    float sum = 0;
    for (int i = lane; i < partCount; i += 32) sum += a.weightParts[row * partCount + i];
    sum = warpSum(sum);
    if (lane == j) dWeight = sum;
  }
  const float weight = lane < topK ? a.weights[token * topK + lane] : 0.0f;
  const float mean = warpSum(weight * dWeight);

  float *dLogits = a.dLogits + token * experts;
  for (int e = lane; e < experts; e += 32) {
    const float p = probability(e), g = a.balance ? a.balance[e] : 0.0f;
    dLogits[e] = p == 0.0f ? 0.0f : scale * p * (g - balance + a.z * lse);
  }
  __syncwarp();
  if (lane < topK) dLogits[a.ids[token * topK + lane]] += weight * (dWeight - mean);
}

// An operand converted to fp32 on its way; absent rows and columns are zero. The operand's rows are
// memory rows first + i.
template <class S, bool kMajorK>
__device__ __forceinline__ void loadConverted(float *to, const S *from, int pitch, int first,
                                              int rows, int column, int columns) {
  using Shape = portable::Operand<float, kMajorK>;
#pragma unroll // all loads on their way at once
  for (int step = 0; step < Shape::kRows * Shape::kColumns / 256; ++step) {
    const int i = step * 256 + static_cast<int>(threadIdx.x);
    const int row = i / Shape::kColumns, c = i % Shape::kColumns;
    const bool inside = first + row < rows && column + c < columns;
    to[row * Shape::kPitch + c] =
        inside
            ? static_cast<float>(from[static_cast<std::int64_t>(first + row) * pitch + column + c])
            : 0.0f;
  }
}

// Grid: column tiles x token tiles.
template <class Row, class X, class W>
__global__ __launch_bounds__(256) void inputGradientKernel(const InputGradient a) {
  extern __shared__ __align__(128) char shared[];
  const int column = blockIdx.x * kTile, token = blockIdx.y * kTile;
  const int dim = static_cast<int>(a.shape.dim), experts = static_cast<int>(a.shape.experts);
  const int tokens = static_cast<int>(a.shape.tokens), topK = static_cast<int>(a.shape.topK);
  using Work = portable::Tile<float, Layout::kInput>;
  const float *sums =
      Work::run(shared, (experts + kTileDepth - 1) / kTileDepth, true,
                [&](float *left, float *right, int step) {
                  const int k = step * kTileDepth;
                  loadConverted<float, true>(left, a.dLogits, experts, token, tokens, k, experts);
                  loadConverted<W, false>(right, static_cast<const W *>(a.gate), dim, k, experts,
                                          column, dim);
                });
  const auto *rows = static_cast<const Row *>(a.dRows);
  for (int i = threadIdx.x; i < kTile * kTile / 8; i += 256) {
    const int local = i / (kTile / 8), part = i % (kTile / 8) * 8;
    const std::int64_t t = token + local;
    if (t >= tokens || column + part >= dim) continue;
    Eight sum{};
    constexpr int kFlight = 8;
    for (int first = 0; first < topK; first += kFlight) {
      int row[kFlight];
#pragma unroll
      for (int f = 0; f < kFlight; ++f)
        row[f] = first + f < topK ? __ldg(a.rowOfSlot + t * topK + first + f) : 0;
      RawEight<Row> raw[kFlight];
#pragma unroll
      for (int f = 0; f < kFlight; ++f)
        if (first + f < topK)
          raw[f].load(rows + static_cast<std::int64_t>(row[f]) * dim + column + part);
#pragma unroll
      for (int f = 0; f < kFlight; ++f) {
        if (first + f >= topK) break;
        const Eight value = raw[f].values();
#pragma unroll
        for (int c = 0; c < 8; ++c) sum.x[c] += value.x[c];
      }
    }
#pragma unroll
    for (int c = 0; c < 8; ++c) sum.x[c] += sums[local * kSumPitch + part + c];
    storeEight(static_cast<X *>(a.dx) + t * dim + column + part, sum);
  }
}

// Grid: column tiles x expert tiles x blocks of tokens; scratch [blocks, E, d].
template <class X>
__global__ __launch_bounds__(256) void gateWeightKernel(const GateWeightGradient a, int perBlock) {
  extern __shared__ __align__(128) char shared[];
  const int column = blockIdx.x * kTile, expert = blockIdx.y * kTile;
  const int dim = static_cast<int>(a.shape.dim), experts = static_cast<int>(a.shape.experts);
  const int begin = blockIdx.z * perBlock;
  const int end = min(begin + perBlock, static_cast<int>(a.shape.tokens));
  using Work = portable::Tile<float, Layout::kWeight>;
  const float *sums = Work::run(
      shared, (end - begin + kTileDepth - 1) / kTileDepth, true,
      [&](float *left, float *right, int step) {
        const int k = begin + step * kTileDepth;
        loadConverted<float, false>(left, a.dLogits, experts, k, end, expert, experts);
        loadConverted<X, false>(right, static_cast<const X *>(a.x), dim, k, end, column, dim);
      });
  float *part = a.scratch + static_cast<std::int64_t>(blockIdx.z) * experts * dim;
  for (int i = threadIdx.x; i < kTile * kTile; i += 256) {
    const int e = expert + i / kTile, c = column + i % kTile;
    if (e < experts && c < dim)
      part[static_cast<std::int64_t>(e) * dim + c] = sums[i / kTile * kSumPitch + i % kTile];
  }
}

template <class W>
__global__ __launch_bounds__(256) void addPartsKernel(const GateWeightGradient a, int blocks) {
  const std::int64_t count = a.shape.experts * a.shape.dim;
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * 256 + threadIdx.x;
  if (i >= count) return;
  W *to = static_cast<W *>(a.dGate) + i;
  float sum = a.accumulate ? static_cast<float>(*to) : 0.0f;
  for (int b = 0; b < blocks; ++b) sum += a.scratch[b * count + i];
  *to = static_cast<W>(sum);
}

constexpr std::size_t kInputBytes = portable::Tile<float, Layout::kInput>::kSharedBytes;
constexpr std::size_t kWeightBytes = portable::Tile<float, Layout::kWeight>::kSharedBytes;

} // namespace

Result<void> gateGradient(const GateBackward &a, cudaStream_t stream) {
  GateBackward args = a;
  int partCount = static_cast<int>(moeOpSizes(a.shape).weightParts);
  void *arguments[] = {&args, &partCount};
  return launched("The gate's backward pass",
                  launchBlocks(reinterpret_cast<const void *>(&gateGradientKernel),
                               dim3(static_cast<unsigned>(ceilDiv(a.shape.tokens, 8))), 256, 0, 1,
                               arguments, stream));
}

Result<void> inputGradient(const InputGradient &a, cudaStream_t stream) {
  InputGradient args = a;
  void *arguments[] = {&args};
  const dim3 grid(static_cast<unsigned>(ceilDiv(a.shape.dim, kTile)),
                  static_cast<unsigned>(ceilDiv(a.shape.tokens, kTile)));
  return withTypes(a.rowType, a.xType, [&]<class Row, class X>() {
    const void *kernel = a.gateType == ElementType::kFloat32
                             ? reinterpret_cast<const void *>(&inputGradientKernel<Row, X, float>)
                             : reinterpret_cast<const void *>(&inputGradientKernel<Row, X, X>);
    return launched("The gradient of the input",
                    launchBlocks(kernel, grid, 256, kInputBytes, 1, arguments, stream));
  });
}

Result<void> gateWeightGradient(const GateWeightGradient &a, cudaStream_t stream) {
  int blocks = static_cast<int>(gateGradientBlocks(a.shape.tokens));
  int perBlock =
      static_cast<int>(ceilDiv(ceilDiv(a.shape.tokens, blocks), kTileDepth) * kTileDepth);
  GateWeightGradient args = a;
  void *partArguments[] = {&args, &perBlock}, *sumArguments[] = {&args, &blocks};
  const dim3 grid(static_cast<unsigned>(ceilDiv(a.shape.dim, kTile)),
                  static_cast<unsigned>(ceilDiv(a.shape.experts, kTile)),
                  static_cast<unsigned>(blocks));
  const dim3 sumGrid(static_cast<unsigned>(ceilDiv(a.shape.experts * a.shape.dim, 256)));
  return withTypes(a.xType, a.gateType, [&]<class X, class W>() {
    Result<void> parts = launched("The gradient of the gate",
                                  launchBlocks(reinterpret_cast<const void *>(&gateWeightKernel<X>),
                                               grid, 256, kWeightBytes, 1, partArguments, stream));
    if (!parts) return parts;
    return launched("The gradient of the gate",
                    launchBlocks(reinterpret_cast<const void *>(&addPartsKernel<W>), sumGrid, 256,
                                 0, 1, sumArguments, stream));
  });
}

} // namespace hotloop::kernels::routing
