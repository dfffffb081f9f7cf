#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "kernels/moe_ops/moe_types.h"
#include "kernels/moe_ops/routing/select.cuh"

// Logits of 128 tokens by mma.sync: bf16 x bf16 as it is, anything else as tf32 with the rest of
// each fp32 factor in a second term. Blocks of a cluster share the summed dimension, then split the
// tokens: each adds the parts of its tokens in rank order and selects.
namespace hotloop::kernels::routing {

inline constexpr int kGateTokens = static_cast<int>(kCountTile);
inline constexpr int kGateStages = 4;

struct GateArguments {
  const void *x, *gate;
  int tokens, dim, experts, topK;
  std::int32_t *ids;
  float *weights, *logits, *lse;
  std::int32_t *tileCounts;
  float *tileProbabilities, *tileSquaredLse;
};

__device__ __forceinline__ void copyAsync(void *to, const void *from, bool inside) {
  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(to));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(from),
               "r"(inside ? 16 : 0)
               : "memory");
}
__device__ __forceinline__ void multiplyBf16(float (&sum)[4], const std::uint32_t (&a)[4],
                                             const std::uint32_t (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
               "{%8,%9}, {%0,%1,%2,%3};"
               : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
__device__ __forceinline__ void multiplyTf32(float (&sum)[4], const std::uint32_t (&a)[4],
                                             const std::uint32_t (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
               "{%8,%9}, {%0,%1,%2,%3};"
               : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
// x = high + low, high with 10 bits of mantissa (what the unit reads), low the exact rest.
__device__ __forceinline__ void splitTf32(float x, std::uint32_t &high, std::uint32_t &low) {
  high = __float_as_uint(x) & 0xffffe000u;
  low = __float_as_uint(x - __uint_as_float(high));
}

template <class X, class W> struct GateTile {
  static constexpr bool kBf16 =
      sizeof(X) == 2 && std::is_same_v<X, __nv_bfloat16> && std::is_same_v<W, __nv_bfloat16>;
  static constexpr int kDepth = sizeof(W) == 4 ? 32 : 64;
  static constexpr int kXPitch = kDepth + 16 / static_cast<int>(sizeof(X));
  static constexpr int kWPitch = kDepth + 16 / static_cast<int>(sizeof(W));
  static constexpr int kXBytes = kGateTokens * kXPitch * static_cast<int>(sizeof(X));

  static __host__ __device__ constexpr int paddedExperts(int experts) {
    return (experts + 7) / 8 * 8;
  }
  static __host__ __device__ constexpr int stageBytes(int experts) {
    return kXBytes + paddedExperts(experts) * kWPitch * static_cast<int>(sizeof(W));
  }
  static __host__ __device__ constexpr int logitPitch(int experts) {
    return paddedExperts(experts) + 4;
  }
  static __host__ __device__ constexpr int sharedBytes(int experts) {
    const int stages = kGateStages * stageBytes(experts);
    const int logits = 4 * kGateTokens * logitPitch(experts);
    return stages > logits ? stages : logits;
  }

  template <class T>
  static __device__ __forceinline__ void load(T *to, int pitch, const T *from, int rows,
                                              int rowLimit, int dim, int column, int columnEnd) {
    constexpr int kPack = 16 / static_cast<int>(sizeof(T)), kPerRow = kDepth / kPack;
    for (int i = threadIdx.x; i < rows * kPerRow; i += 256) {
      const int row = i / kPerRow, part = i % kPerRow * kPack;
      const bool inside = row < rowLimit && column + part < columnEnd;
      copyAsync(to + row * pitch + part,
                inside ? from + static_cast<std::int64_t>(row) * dim + column + part : from,
                inside);
    }
  }

  // The warp's 16 tokens times all experts, one stage.
  static __device__ __forceinline__ void multiplyStage(const X *x, const W *w, int blocks,
                                                       float (&sums)[32][4]) {
    const int lane = threadIdx.x % 32, row = lane / 4, pair = lane % 4;
    const X *mine = x + (threadIdx.x / 32 * 16 + row) * kXPitch;
    if constexpr (kBf16) {
#pragma unroll
      for (int k = 0; k < kDepth; k += 16) {
        const auto at = [](const auto *p) { return *reinterpret_cast<const std::uint32_t *>(p); };
        const int c = k + 2 * pair;
        const std::uint32_t a[4] = {at(mine + c), at(mine + 8 * kXPitch + c), at(mine + c + 8),
                                    at(mine + 8 * kXPitch + c + 8)};
#pragma unroll
        for (int n = 0; n < 32; ++n) {
          if (n >= blocks) break;
          const W *column = w + (n * 8 + row) * kWPitch + c;
          const std::uint32_t b[2] = {at(column), at(column + 8)};
          multiplyBf16(sums[n], a, b);
        }
      }
    } else {
#pragma unroll
      for (int k = 0; k < kDepth; k += 8) {
        const int c = k + pair;
        std::uint32_t a[4], aLow[4];
        splitTf32(static_cast<float>(mine[c]), a[0], aLow[0]);
        splitTf32(static_cast<float>(mine[8 * kXPitch + c]), a[1], aLow[1]);
        splitTf32(static_cast<float>(mine[c + 4]), a[2], aLow[2]);
        splitTf32(static_cast<float>(mine[8 * kXPitch + c + 4]), a[3], aLow[3]);
#pragma unroll
        for (int n = 0; n < 32; ++n) {
          if (n >= blocks) break;
          const W *column = w + (n * 8 + row) * kWPitch + c;
          std::uint32_t b[2], bLow[2];
          splitTf32(static_cast<float>(column[0]), b[0], bLow[0]);
          splitTf32(static_cast<float>(column[4]), b[1], bLow[1]);
          if constexpr (sizeof(X) == 4) multiplyTf32(sums[n], aLow, b);
          if constexpr (sizeof(W) == 4) multiplyTf32(sums[n], a, bLow);
          multiplyTf32(sums[n], a, b);
        }
      }
    }
  }

  // Sums over columns [begin, end) of the tile's tokens, to shared memory [128][logitPitch].
  static __device__ __forceinline__ void run(char *shared, const GateArguments &args, int token,
                                             int begin, int end) {
    const int bytes = stageBytes(args.experts), padded = paddedExperts(args.experts);
    const auto *x = static_cast<const X *>(args.x) + static_cast<std::int64_t>(token) * args.dim;
    const auto *gate = static_cast<const W *>(args.gate);
    const int steps = (end - begin + kDepth - 1) / kDepth;
    float sums[32][4] = {};
    const auto fetch = [&](int step) {
      if (step < steps) {
        char *stage = shared + step % kGateStages * bytes;
        const int column = begin + step * kDepth;
        load(reinterpret_cast<X *>(stage), kXPitch, x, kGateTokens, args.tokens - token, args.dim,
             column, end);
        load(reinterpret_cast<W *>(stage + kXBytes), kWPitch, gate, padded, args.experts, args.dim,
             column, end);
      }
      asm volatile("cp.async.commit_group;" ::: "memory");
    };
    for (int step = 0; step < kGateStages - 1; ++step) fetch(step);
    for (int step = 0; step < steps; ++step) {
      asm volatile("cp.async.wait_group %0;" ::"n"(kGateStages - 2) : "memory");
      __syncthreads();
      fetch(step + kGateStages - 1);
      const char *stage = shared + step % kGateStages * bytes;
      multiplyStage(reinterpret_cast<const X *>(stage),
                    reinterpret_cast<const W *>(stage + kXBytes), padded / 8, sums);
    }
    asm volatile("cp.async.wait_group 0;" ::: "memory");
    __syncthreads();
    auto *logits = reinterpret_cast<float *>(shared);
    const int pitch = logitPitch(args.experts), lane = threadIdx.x % 32;
    float *corner = logits + (threadIdx.x / 32 * 16 + lane / 4) * pitch + 2 * (lane % 4);
#pragma unroll
    for (int n = 0; n < 32; ++n) {
      if (n >= padded / 8) break;
      *reinterpret_cast<float2 *>(corner + n * 8) = float2{sums[n][0], sums[n][1]};
      *reinterpret_cast<float2 *>(corner + 8 * pitch + n * 8) = float2{sums[n][2], sums[n][3]};
    }
  }
};

} // namespace hotloop::kernels::routing
