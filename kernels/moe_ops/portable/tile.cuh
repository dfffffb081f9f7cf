#pragma once

#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

// One 128 x 128 tile of a grouped product by mma.sync (WMMA), for sm_80 and later: bf16, fp16,
// tf32, and fp32 as three tf32 products. Operands come by cp.async in three stages.
namespace hotloop::kernels::portable {

enum class Layout { kForward, kInput, kWeight }; // a b^T, a b, a^T b over rows of an expert
enum class Epilogue { kPlain, kGelu, kSwiglu, kGeluBackward, kSwigluBackward, kGradient };

struct TileArguments {
  const void *a = nullptr, *b = nullptr;
  const int *schedule = nullptr; // moe_sizes.h; kForward, kInput
  const int4 *tiles = nullptr;
  const int *ends = nullptr; // kWeight
  int aColumns = 0;          // of a in memory
  int bColumns = 0, bRows = 0;
  int summed = 0;  // length of the summed dimension; kWeight: unused
  int columns = 0; // of the result; SwiGLU: of one half
  Epilogue epilogue = Epilogue::kPlain;
  bool exact = false;    // fp32 storage: three products for one
  bool floatOut = false; // kGradient: fp32, else the storage type
  bool accumulate = false;
  void *first = nullptr, *second = nullptr; // y, h or dh; a or w a
  const void *hidden = nullptr;
  const float *weights = nullptr;
  const int *slotOfRow = nullptr;
  float *parts = nullptr;
  int partCount = 0;
};

template <class S> struct Factor;
template <> struct Factor<__nv_bfloat16> {
  using Fragment = __nv_bfloat16;
  static constexpr int kStep = 16;
};
template <> struct Factor<__half> {
  using Fragment = __half;
  static constexpr int kStep = 16;
};
template <> struct Factor<float> {
  using Fragment = nvcuda::wmma::precision::tf32;
  static constexpr int kStep = 8;
};

inline constexpr int kTile = 128, kTileDepth = 32, kTileStages = 3;
inline constexpr int kSumPitch = kTile + 4;

// An operand in shared memory: K-major [128][32] or MN-major [32][128], padded by 16 bytes.
template <class S, bool kMajorK> struct Operand {
  static constexpr int kRows = kMajorK ? kTile : kTileDepth;
  static constexpr int kColumns = kMajorK ? kTileDepth : kTile;
  static constexpr int kPitch = kColumns + 16 / static_cast<int>(sizeof(S));
  static constexpr int kBytes = kRows * kPitch * static_cast<int>(sizeof(S));
};

__device__ __forceinline__ void copyOrZero(void *to, const void *from, bool inside) {
  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(to));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(from),
               "r"(inside ? 16 : 0)
               : "memory");
}

// Rows [0, kRows) of a tile; row i comes from memory row rowAt(i), absent when that is negative.
template <class S, bool kMajorK, class RowAt>
__device__ __forceinline__ void loadOperand(S *to, const S *from, std::int64_t pitch, int column,
                                            int columnEnd, RowAt rowAt) {
  using Shape = Operand<S, kMajorK>;
  constexpr int kPack = 16 / static_cast<int>(sizeof(S)), kPerRow = Shape::kColumns / kPack;
#pragma unroll
  for (int i = threadIdx.x; i < Shape::kRows * kPerRow; i += 256) {
    const int row = i / kPerRow, part = i % kPerRow * kPack;
    const int source = rowAt(row);
    const bool inside = source >= 0 && column + part < columnEnd;
    copyOrZero(to + row * Shape::kPitch + part,
               inside ? from + source * pitch + column + part : from, inside);
  }
}

template <class S, Layout kLayout> struct Tile {
  static constexpr bool kAMajorK = kLayout != Layout::kWeight;
  static constexpr bool kBMajorK = kLayout == Layout::kForward;
  using A = Operand<S, kAMajorK>;
  using B = Operand<S, kBMajorK>;
  static constexpr int kStageBytes = A::kBytes + B::kBytes;
  static constexpr int kSumBytes = kTile * kSumPitch * 4;
  static constexpr int kSharedBytes =
      kTileStages * kStageBytes > kSumBytes ? kTileStages *kStageBytes : kSumBytes;

  using Fragment = typename Factor<S>::Fragment;
  static constexpr int kStep = Factor<S>::kStep;
  template <class Use, bool kRowMajor>
  using Matrix = nvcuda::wmma::fragment<
      Use, 16, 16, kStep, Fragment,
      std::conditional_t<kRowMajor, nvcuda::wmma::row_major, nvcuda::wmma::col_major>>;
  using MatrixA = Matrix<nvcuda::wmma::matrix_a, kAMajorK>;
  using MatrixB = Matrix<nvcuda::wmma::matrix_b, !kBMajorK>;
  using Sum = nvcuda::wmma::fragment<nvcuda::wmma::accumulator, 16, 16, kStep, float>;

  // x = high + low, both tf32; low is what tf32 cannot hold of x.
  template <class M> static __device__ __forceinline__ void split(M &high, M &low, bool exact) {
    if constexpr (sizeof(S) == 4) {
#pragma unroll
      for (int i = 0; i < high.num_elements; ++i) {
        const float x = high.x[i];
        high.x[i] = nvcuda::wmma::__float_to_tf32(x);
        if (exact) low.x[i] = nvcuda::wmma::__float_to_tf32(x - high.x[i]);
      }
    }
  }

  static __device__ __forceinline__ void multiplyStage(const S *a, const S *b, Sum (&sums)[4][2],
                                                       bool exact) {
    namespace wmma = nvcuda::wmma;
    const int warp = threadIdx.x / 32, row = warp / 4 * 64, column = warp % 4 * 32;
#pragma unroll
    for (int k = 0; k < kTileDepth; k += kStep) {
      MatrixB right[2], rightLow[2];
#pragma unroll
      for (int n = 0; n < 2; ++n) {
        const int c = column + n * 16;
        wmma::load_matrix_sync(right[n], kBMajorK ? b + c * B::kPitch + k : b + k * B::kPitch + c,
                               B::kPitch);
        split(right[n], rightLow[n], exact);
      }
#pragma unroll
      for (int m = 0; m < 4; ++m) {
        MatrixA left, leftLow;
        const int r = row + m * 16;
        wmma::load_matrix_sync(left, kAMajorK ? a + r * A::kPitch + k : a + k * A::kPitch + r,
                               A::kPitch);
        split(left, leftLow, exact);
#pragma unroll
        for (int n = 0; n < 2; ++n) {
          if constexpr (sizeof(S) == 4) {
            if (exact) {
              wmma::mma_sync(sums[m][n], leftLow, right[n], sums[m][n]);
              wmma::mma_sync(sums[m][n], left, rightLow[n], sums[m][n]);
            }
          }
          wmma::mma_sync(sums[m][n], left, right[n], sums[m][n]);
        }
      }
    }
  }

  // load(stage a, stage b, step) for every step; the sums land in shared memory, fp32.
  template <class Load>
  static __device__ __forceinline__ float *run(char *shared, int steps, bool exact, Load load) {
    Sum sums[4][2];
#pragma unroll
    for (auto &line : sums)
#pragma unroll
      for (auto &sum : line) nvcuda::wmma::fill_fragment(sum, 0.0f);
    const auto at = [&](int step) { return shared + step % kTileStages * kStageBytes; };
    const auto fetch = [&](int step) {
      if (step < steps)
        load(reinterpret_cast<S *>(at(step)), reinterpret_cast<S *>(at(step) + A::kBytes), step);
      asm volatile("cp.async.commit_group;" ::: "memory");
    };
    for (int step = 0; step < kTileStages - 1; ++step) fetch(step);
    for (int step = 0; step < steps; ++step) {
      asm volatile("cp.async.wait_group %0;" ::"n"(kTileStages - 2) : "memory");
      __syncthreads(); // this step's data is there, and the stage before is free
      fetch(step + kTileStages - 1);
      multiplyStage(reinterpret_cast<const S *>(at(step)),
                    reinterpret_cast<const S *>(at(step) + A::kBytes), sums, exact);
    }
    asm volatile("cp.async.wait_group 0;" ::: "memory");
    __syncthreads();
    auto *result = reinterpret_cast<float *>(shared);
    const int warp = threadIdx.x / 32, row = warp / 4 * 64, column = warp % 4 * 32;
#pragma unroll
    for (int m = 0; m < 4; ++m)
#pragma unroll
      for (int n = 0; n < 2; ++n)
        nvcuda::wmma::store_matrix_sync(result + (row + m * 16) * kSumPitch + column + n * 16,
                                        sums[m][n], kSumPitch, nvcuda::wmma::mem_row_major);
    __syncthreads();
    return result;
  }
};

} // namespace hotloop::kernels::portable
