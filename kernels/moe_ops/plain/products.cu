#include <string>

#include "kernels/moe_ops/activation.cuh"
#include "kernels/moe_ops/grouped.h"
#include "kernels/moe_ops/moe_sizes.h"
#include "kernels/moe_ops/routing/number.cuh"

namespace hotloop::kernels::plain {
namespace {

using routing::numberAt;

__device__ float stored(void *data, ElementType type, std::int64_t i, float x) {
  switch (type) {
  case ElementType::kFloat32: static_cast<float *>(data)[i] = x; return x;
  case ElementType::kBFloat16: {
    const __nv_bfloat16 y = __float2bfloat16(x);
    if (data) static_cast<__nv_bfloat16 *>(data)[i] = y;
    return __bfloat162float(y);
  }
  case ElementType::kFloat16: {
    const __half y = __float2half(x);
    if (data) static_cast<__half *>(data)[i] = y;
    return __half2float(y);
  }
  }
  return x;
}

struct Product {
  const void *a, *b;
  ElementType type;
  const int *schedule;
  const int4 *tiles;
  int summed, columns, bRows;
  int kind; // 0 plain, 1 GELU, 2 SwiGLU
  void *first, *second;
};

// Grid: columns / 256 x tiles of 64 rows; a thread walks down one column.
__global__ void plainProductKernel(const Product p) {
  if (static_cast<int>(blockIdx.y) >= p.schedule[0]) return;
  const int4 tile = p.tiles[blockIdx.y];
  const int column = blockIdx.x * 256 + threadIdx.x;
  if (column >= p.columns) return;
  const int first = tile.z + (static_cast<int>(blockIdx.y) - tile.y) * 64;
  const std::int64_t plane = static_cast<std::int64_t>(tile.x) * p.bRows * p.summed;
  const std::int64_t width = static_cast<std::int64_t>(p.columns) * (p.kind == 2 ? 2 : 1);
  const auto dot = [&](int row, int bRow) {
    float sum = 0;
    for (int k = 0; k < p.summed; ++k)
      sum += numberAt(p.a, p.type, static_cast<std::int64_t>(row) * p.summed + k) *
             numberAt(p.b, p.type, plane + static_cast<std::int64_t>(bRow) * p.summed + k);
    return sum;
  };
  for (int row = first; row < min(first + 64, tile.w); ++row) {
    const float sum = dot(row, column);
    const float h = p.first ? stored(p.first, p.type, row * width + column, sum)
                    : p.type == ElementType::kBFloat16 ? __bfloat162float(__float2bfloat16(sum))
                    : p.type == ElementType::kFloat16  ? __half2float(__float2half(sum))
                                                       : sum;
    if (p.kind == 0) continue;
    float a = gelu(h);
    if (p.kind == 2) {
      const float up = dot(row, p.columns + column);
      const float u = p.first ? stored(p.first, p.type, row * width + p.columns + column, up)
                      : p.type == ElementType::kBFloat16 ? __bfloat162float(__float2bfloat16(up))
                      : p.type == ElementType::kFloat16  ? __half2float(__float2half(up))
                                                         : up;
      a = silu(h) * u;
    }
    stored(p.second, p.type, static_cast<std::int64_t>(row) * p.columns + column, a);
  }
}

Result<void> launch(const MoeShape &shape, Product p, cudaStream_t stream) {
  p.tiles =
      reinterpret_cast<const int4 *>(p.schedule + tileListOffset(shape.rows(), shape.experts, 0));
  const dim3 grid(static_cast<unsigned>(ceilDiv(p.columns, 256)),
                  static_cast<unsigned>(tileBound(shape.rows(), shape.experts, 64)));
  plainProductKernel<<<grid, 256, 0, stream>>>(p);
  const cudaError_t error = cudaGetLastError();
  if (error == cudaSuccess) return {};
  return Unexpected(internalError(std::string("A plain product cannot be launched: ") +
                                  cudaGetErrorString(error) + "."));
}

} // namespace

Result<void> rowsUp(const GroupedUp &a, cudaStream_t stream) {
  Product p{};
  p.a = a.rows;
  p.b = a.up;
  p.type = storageOf(a.product);
  p.schedule = a.schedule;
  p.summed = static_cast<int>(a.shape.dim);
  p.columns = static_cast<int>(a.shape.inner);
  p.bRows = static_cast<int>(a.shape.hiddenColumns());
  p.kind = a.shape.activation == ExpertActivation::kSwiglu ? 2 : 1;
  p.first = a.hidden;
  p.second = a.activated;
  return launch(a.shape, p, stream);
}

Result<void> rowsDown(const GroupedDown &a, cudaStream_t stream) {
  Product p{};
  p.a = a.activated;
  p.b = a.down;
  p.type = storageOf(a.product);
  p.schedule = a.schedule;
  p.summed = static_cast<int>(a.shape.inner);
  p.columns = p.bRows = static_cast<int>(a.shape.dim);
  p.first = a.y;
  return launch(a.shape, p, stream);
}

} // namespace hotloop::kernels::plain
