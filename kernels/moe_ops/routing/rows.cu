#include "kernels/moe_ops/moe_sizes.h"
#include "kernels/moe_ops/routing/gate.h"
#include "kernels/moe_ops/routing/number.cuh"

namespace hotloop::kernels::routing {
namespace {

// One thread per eight columns of a token. kFlight rows are on their way at a time; slots are added
// in order.
template <class Row, class Out, int kFlight>
__global__ __launch_bounds__(256) void combineKernel(const CombineRows a) {
  const int dim = static_cast<int>(a.shape.dim), topK = static_cast<int>(a.shape.topK);
  const int perToken = dim / 8;
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * 256 + threadIdx.x;
  const std::int64_t token = i / perToken;
  if (token >= a.shape.tokens) return;
  const int column = static_cast<int>(i - token * perToken) * 8;
  const auto *y = static_cast<const Row *>(a.y);
  const std::int32_t *rowOf = a.rowOfSlot + token * topK;
  const float *weights = a.weights + token * topK;
  Eight sum{};
  if (a.residual) sum = loadEight(static_cast<const Out *>(a.residual) + token * dim + column);
  for (int first = 0; first < topK; first += kFlight) {
    int row[kFlight];
    float weight[kFlight];
#pragma unroll
    for (int f = 0; f < kFlight; ++f) {
      row[f] = first + f < topK ? __ldg(rowOf + first + f) : 0;
      weight[f] = first + f < topK ? __ldg(weights + first + f) : 0.0f;
    }
    RawEight<Row> raw[kFlight];
#pragma unroll
    for (int f = 0; f < kFlight; ++f)
      if (first + f < topK) raw[f].load(y + static_cast<std::int64_t>(row[f]) * dim + column);
#pragma unroll
    for (int f = 0; f < kFlight; ++f) {
      if (first + f >= topK) break;
      const Eight value = raw[f].values();
#pragma unroll
      for (int c = 0; c < 8; ++c) sum.x[c] += weight[f] * value.x[c];
    }
  }
  storeEight(static_cast<Out *>(a.out) + token * dim + column, sum);
}

template <class X, class Row>
__global__ __launch_bounds__(256) void gatherKernel(const GatherRows a) {
  const int dim = static_cast<int>(a.shape.dim), topK = static_cast<int>(a.shape.topK);
  const int perToken = dim / 8;
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * 256 + threadIdx.x;
  const std::int64_t token = i / perToken;
  if (token >= a.shape.tokens) return;
  const int column = static_cast<int>(i - token * perToken) * 8;
  const Eight value = loadEight(static_cast<const X *>(a.x) + token * dim + column);
  for (int j = 0; j < topK; ++j)
    storeEight(static_cast<Row *>(a.out) +
                   static_cast<std::int64_t>(a.rowOfSlot[token * topK + j]) * dim + column,
               value);
}

dim3 gridOf(const MoeShape &shape) {
  return dim3(static_cast<unsigned>(ceilDiv(shape.tokens * (shape.dim / 8), 256)));
}

} // namespace

Result<void> combine(const CombineRows &a, cudaStream_t stream) {
  CombineRows args = a;
  void *arguments[] = {&args};
  return withTypes(a.rowType, a.outType, [&]<class Row, class Out>() {
    const void *kernel =
        a.shape.topK <= 2   ? reinterpret_cast<const void *>(&combineKernel<Row, Out, 2>)
        : a.shape.topK <= 4 ? reinterpret_cast<const void *>(&combineKernel<Row, Out, 4>)
                            : reinterpret_cast<const void *>(&combineKernel<Row, Out, 8>);
    return launched("The combination",
                    launchBlocks(kernel, gridOf(a.shape), 256, 0, 1, arguments, stream));
  });
}

Result<void> gather(const GatherRows &a, cudaStream_t stream) {
  GatherRows args = a;
  void *arguments[] = {&args};
  return withTypes(a.xType, a.rowType, [&]<class X, class Row>() {
    return launched("The gathering of rows",
                    launchBlocks(reinterpret_cast<const void *>(&gatherKernel<X, Row>),
                                 gridOf(a.shape), 256, 0, 1, arguments, stream));
  });
}

} // namespace hotloop::kernels::routing
