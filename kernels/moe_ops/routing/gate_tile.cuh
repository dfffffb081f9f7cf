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

__device__ __forceinline__ void copyAsync(void *to, const void *from, bool inside) {
  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(to));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(from),
               "r"(inside ? 16 : 0)
               : "memory");
}
__device__ __forceinline__ void multiplyBf16(float (&sum)[4], const std::uint32_t (&a)[4],
                                             const std::uint32_t (&b)[2]) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
      "{%8,%9}, {%0,%1,%2,%3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
__device__ __forceinline__ void multiplyTf32(float (&sum)[4], const std::uint32_t (&a)[4],
                                             const std::uint32_t (&b)[2]) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
      "{%8,%9}, {%0,%1,%2,%3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
// Two blocks of 8 rows and 16 columns as right factors.
__device__ __forceinline__ void loadMatrices(const void *from, std::uint32_t (&first)[2],
                                             std::uint32_t (&second)[2]) {
  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(from));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(first[0]), "=r"(first[1]), "=r"(second[0]), "=r"(second[1])
               : "r"(address)
               : "memory");
}
// x = high + low, high with 10 bits of mantissa (what the unit reads), low the exact rest.
__device__ __forceinline__ void splitTf32(float x, std::uint32_t &high, std::uint32_t &low) {
  high = __float_as_uint(x) & 0xffffe000u;
  low = __float_as_uint(x - __uint_as_float(high));
}

// kGroups of 64 experts at most.
template <class X, class W, int kGroups> struct GateTile {
  static constexpr int kStages = kGroups > 2 ? 4 : 3; // two blocks per multiprocessor while it fits
  static constexpr int kSums = kGroups * 8;
  static constexpr bool kBf16 =
      sizeof(X) == 2 && std::is_same_v<X, __nv_bfloat16> && std::is_same_v<W, __nv_bfloat16>;
  static constexpr int kDepth = sizeof(W) == 4 ? 32 : 64;
  static constexpr int kXPitch = kDepth + 16 / static_cast<int>(sizeof(X));
  static constexpr int kWPitch = kDepth + 16 / static_cast<int>(sizeof(W));
  static constexpr int kXBytes = kGateTokens * kXPitch * static_cast<int>(sizeof(X));

  // Blocks of 8 experts are multiplied 8 at a time.
  static __host__ __device__ constexpr int paddedExperts(int experts) {
    return (experts + 63) / 64 * 64;
  }
  static __host__ __device__ constexpr int stageBytes(int experts) {
    return kXBytes + paddedExperts(experts) * kWPitch * static_cast<int>(sizeof(W));
  }
  static __host__ __device__ constexpr int logitPitch(int experts) {
    return paddedExperts(experts) + 4;
  }
  static __host__ __device__ constexpr int sharedBytes(int experts) {
    const int stages = kStages * stageBytes(experts);
    // Later: logits, eight GateSums, scratch (gate_kernel.cuh).
    const int logits = 4 * kGateTokens * logitPitch(experts) + 8 * 2052 + 8 * 1024;
    return stages > logits ? stages : logits;
  }

  // kMost rows at most; each thread walks down one column of 16 bytes.
  template <int kMost, class T>
  static __device__ __forceinline__ void load(T *to, int pitch, const T *from, int rows,
                                              int rowLimit, int dim, int column, int columnEnd) {
    constexpr int kPack = 16 / static_cast<int>(sizeof(T)), kPerRow = kDepth / kPack;
    constexpr int kRowsAtOnce = 256 / kPerRow;
    const int first = static_cast<int>(threadIdx.x) / kPerRow;
    const int part = static_cast<int>(threadIdx.x) % kPerRow * kPack;
    const bool inColumns = column + part < columnEnd;
    const T *source = from + static_cast<std::int64_t>(first) * dim + column + part;
    T *target = to + first * pitch + part;
#pragma unroll
    for (int row = 0; row < kMost; row += kRowsAtOnce) {
      if (row >= rows) break;
      const bool inside = inColumns && first + row < rowLimit;
      copyAsync(target, inside ? source : from, inside);
      source += static_cast<std::int64_t>(kRowsAtOnce) * dim;
      target += kRowsAtOnce * pitch;
    }
  }

  // The warp's 16 tokens times all experts, one stage. Groups of 8 blocks: enough independent work
  // to hide the latencies of shared memory and of the matrix unit.
  static __device__ __forceinline__ void multiplyStage(const X *x, const W *w, int blocks,
                                                       float (&sums)[kSums][4]) {
    const int lane = threadIdx.x % 32, row = lane / 4, pair = lane % 4;
    const X *mine = x + (threadIdx.x / 32 * 16 + row) * kXPitch;
    if constexpr (kBf16) {
      const W *corner = w + (lane / 16 * 8 + lane % 8) * kWPitch + lane / 8 % 2 * 8;
#pragma unroll
      for (int k = 0; k < kDepth; k += 16) {
        const auto at = [](const auto *p) { return *reinterpret_cast<const std::uint32_t *>(p); };
        const int c = k + 2 * pair;
        const std::uint32_t a[4] = {at(mine + c), at(mine + 8 * kXPitch + c), at(mine + c + 8),
                                    at(mine + 8 * kXPitch + c + 8)};
#pragma unroll
        for (int group = 0; group < kGroups; ++group) {
          if (group * 8 >= blocks) break;
          std::uint32_t b[8][2];
#pragma unroll
          for (int n = 0; n < 8; n += 2)
            loadMatrices(corner + (group * 8 + n) * 8 * kWPitch + k, b[n], b[n + 1]);
#pragma unroll
          for (int n = 0; n < 8; ++n) multiplyBf16(sums[group * 8 + n], a, b[n]);
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
        for (int group = 0; group < kGroups; ++group) {
          if (group * 8 >= blocks) break;
          std::uint32_t b[8][2], bLow[8][2];
#pragma unroll
          for (int n = 0; n < 8; ++n) {
            const W *column = w + ((group * 8 + n) * 8 + row) * kWPitch + c;
            splitTf32(static_cast<float>(column[0]), b[n][0], bLow[n][0]);
            splitTf32(static_cast<float>(column[4]), b[n][1], bLow[n][1]);
          }
#pragma unroll
          for (int n = 0; n < 8; ++n) {
            float(&sum)[4] = sums[group * 8 + n];
            if constexpr (sizeof(X) == 4) multiplyTf32(sum, aLow, b[n]);
            if constexpr (sizeof(W) == 4) multiplyTf32(sum, a, bLow[n]);
            multiplyTf32(sum, a, b[n]);
          }
        }
      }
    }
  }

  // Sums over columns [begin, end) of the tile's tokens, in registers; shared memory is free after
  // it.
  static __device__ __forceinline__ void run(char *shared, const GateArguments &args, int token,
                                             int begin, int end, float (&sums)[kSums][4]) {
    const int bytes = stageBytes(args.experts), padded = paddedExperts(args.experts);
    const auto *x = static_cast<const X *>(args.x) + static_cast<std::int64_t>(token) * args.dim;
    const auto *gate = static_cast<const W *>(args.gate);
    const int steps = (end - begin + kDepth - 1) / kDepth;
    const auto fetch = [&](int step) {
      if (step < steps) {
        char *stage = shared + step % kStages * bytes;
        const int column = begin + step * kDepth;
        load<kGateTokens>(reinterpret_cast<X *>(stage), kXPitch, x, kGateTokens,
                          args.tokens - token, args.dim, column, end);
        load<kGroups * 64>(reinterpret_cast<W *>(stage + kXBytes), kWPitch, gate, padded,
                           args.experts, args.dim, column, end);
      }
      asm volatile("cp.async.commit_group;" ::: "memory");
    };
    for (int step = 0; step < kStages - 1; ++step) fetch(step);
    for (int step = 0; step < steps; ++step) {
      asm volatile("cp.async.wait_group %0;" ::"n"(kStages - 2) : "memory");
      __syncthreads();
      fetch(step + kStages - 1);
      const char *stage = shared + step % kStages * bytes;
      multiplyStage(reinterpret_cast<const X *>(stage),
                    reinterpret_cast<const W *>(stage + kXBytes), padded / 8, sums);
    }
    asm volatile("cp.async.wait_group 0;" ::: "memory");
  }

  // The warp's 16 lines to `rows` (lines of logitPitch), here or in another block of the cluster.
  static __device__ __forceinline__ void put(float *rows, int experts,
                                             const float (&sums)[kSums][4]) {
    const int pitch = logitPitch(experts), lane = threadIdx.x % 32;
    float *corner = rows + lane / 4 * pitch + 2 * (lane % 4);
#pragma unroll
    for (int n = 0; n < kSums; ++n) {
      if (n >= paddedExperts(experts) / 8) break;
      *reinterpret_cast<float2 *>(corner + n * 8) = float2{sums[n][0], sums[n][1]};
      *reinterpret_cast<float2 *>(corner + 8 * pitch + n * 8) = float2{sums[n][2], sums[n][3]};
    }
  }
};

} // namespace hotloop::kernels::routing
