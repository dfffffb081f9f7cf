#pragma once

#include <cstdint>
#include <utility>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cute/arch/copy_sm90_tma.hpp>
#include <cute/arch/mma_sm90_gmma.hpp>
#include <cute/arch/mma_sm90_gmma_ext.hpp>
#include <cutlass/arch/barrier.h>

// What the sm_90a kernels say to the hardware: barriers, the copy engine, the matrix unit. The
// instructions come from CuTe and CUTLASS; here they get the few shapes that we use.
namespace hotloop::kernels::hopper {

using cute::SM90::GMMA::Major;
using cute::SM90::GMMA::ScaleOut;
using Barrier = cutlass::arch::ClusterTransactionBarrier;

// Elements of the summed dimension per stage: 128 bytes, one swizzle span.
inline constexpr int kDepth = 64;
inline constexpr int kAtomBytes = kDepth * 128; // 64 rows of 128 bytes

template <class T, int kN, Major kA, Major kB> struct MatrixUnit;
template <Major kA, Major kB> struct MatrixUnit<__nv_bfloat16, 256, kA, kB> {
  using Atom = cute::SM90::GMMA::MMA_64x256x16_F32BF16BF16_SS<kA, kB>;
};
template <Major kA, Major kB> struct MatrixUnit<__nv_bfloat16, 128, kA, kB> {
  using Atom = cute::SM90::GMMA::MMA_64x128x16_F32BF16BF16_SS<kA, kB>;
};
template <Major kA, Major kB> struct MatrixUnit<__nv_bfloat16, 64, kA, kB> {
  using Atom = cute::SM90::GMMA::MMA_64x64x16_F32BF16BF16_SS<kA, kB>;
};
template <Major kA, Major kB> struct MatrixUnit<__half, 256, kA, kB> {
  using Atom = cute::SM90::GMMA::MMA_64x256x16_F32F16F16_SS<kA, kB>;
};
template <Major kA, Major kB> struct MatrixUnit<__half, 128, kA, kB> {
  using Atom = cute::SM90::GMMA::MMA_64x128x16_F32F16F16_SS<kA, kB>;
};

// Into the first kUsed sums.
template <class Atom, int kUsed, int kCount>
__device__ __forceinline__ void multiply(std::uint64_t a, std::uint64_t b, float (&sums)[kCount],
                                         ScaleOut scale) {
  [&]<std::size_t... kI>(std::index_sequence<kI...>) {
    Atom::fma(a, b, sums[kI]..., scale);
  }(std::make_index_sequence<kUsed>{});
}

template <int kUsed, int kBlocks, int kCount>
__device__ __forceinline__ void fence(float (&sums)[kBlocks][kCount]) {
#pragma unroll
  for (int m = 0; m < kBlocks; ++m)
#pragma unroll
    for (int i = 0; i < kUsed; ++i) cute::warpgroup_fence_operand(sums[m][i]);
}

__device__ __forceinline__ std::uint32_t sharedAddress(const void *pointer) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(pointer));
}

// Operand in shared memory, swizzled over 128 bytes, atoms aligned to 1 KiB. K-major: rows of 128
// bytes, 8 rows per group. MN-major: 64 elements of the outer dimension per row, one row per step
// of the summed dimension, next 64 elements `kAtomBytes` further.
// The word that moves is kept by itself: per product one 32-bit sum in the scalar unit, and not 64
// bits in vector registers.
template <Major kMajor> struct Operand {
  static constexpr std::uint32_t kLeading = kMajor == Major::K ? 1 : kAtomBytes >> 4;
  static constexpr std::uint32_t kHigh = (1u << 30) | 1024 >> 4;
  std::uint32_t low;

  __device__ __forceinline__ explicit Operand(std::uint32_t address)
      : low(kLeading << 16 | (address & 0x3ffff) >> 4) {}
  // So many bytes further.
  __device__ __forceinline__ std::uint64_t at(std::uint32_t bytes) const {
    return static_cast<std::uint64_t>(kHigh) << 32 | (low + (bytes >> 4));
  }
};
// Bytes from one step of 16 along the summed dimension to the next.
template <Major kMajor>
inline constexpr std::uint32_t kStepBytes = kMajor == Major::K ? 32 : 16 * 128;

// Which warpgroup this is, in a form that the compiler knows to be the same for a warp: loops over
// tiles and addresses then belong to the scalar unit.
__device__ __forceinline__ int warpgroup() {
  return __shfl_sync(0xffffffff, static_cast<int>(threadIdx.x) / 128, 0);
}

template <int kRegisters> __device__ __forceinline__ void takeRegisters() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;\n" ::"n"(kRegisters));
}
template <int kRegisters> __device__ __forceinline__ void giveRegisters() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;\n" ::"n"(kRegisters));
}

__device__ __forceinline__ void sharedWritesToCopyEngine() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}
__device__ __forceinline__ void loadRow(void *to, const void *from, int bytes, Barrier &barrier) {
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, "
               "[%3];" ::"r"(sharedAddress(to)),
               "l"(from), "r"(bytes), "r"(sharedAddress(&barrier))
               : "memory");
}
__device__ __forceinline__ void storeMatrices(void *to, std::uint32_t a, std::uint32_t b,
                                              std::uint32_t c, std::uint32_t d) {
  asm volatile(
      "stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(sharedAddress(to)),
      "r"(a), "r"(b), "r"(c), "r"(d)
      : "memory");
}

// Sixteen bytes, or nothing: a predicate, not a branch.
__device__ __forceinline__ void storeIf(bool wanted, void *to, const int4 &value) {
  asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %0, 0;\n@p st.global.v4.b32 [%1], {%2, %3, %4, "
               "%5};\n}\n" ::"r"(static_cast<int>(wanted)),
               "l"(to), "r"(value.x), "r"(value.y), "r"(value.z), "r"(value.w)
               : "memory");
}

// Each of the four matrices turned: its rows become columns in memory.
__device__ __forceinline__ void storeMatricesTurned(void *to, std::uint32_t a, std::uint32_t b,
                                                    std::uint32_t c, std::uint32_t d) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(
                   sharedAddress(to)),
               "r"(a), "r"(b), "r"(c), "r"(d)
               : "memory");
}

template <class T> __device__ __forceinline__ std::uint32_t pack(float a, float b);
template <> __device__ __forceinline__ std::uint32_t pack<__nv_bfloat16>(float a, float b) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(a, b);
  return reinterpret_cast<const std::uint32_t &>(pair);
}
template <> __device__ __forceinline__ std::uint32_t pack<__half>(float a, float b) {
  const __half2 pair = __floats2half2_rn(a, b);
  return reinterpret_cast<const std::uint32_t &>(pair);
}
template <class T> __device__ __forceinline__ float2 unpack(std::uint32_t pair);
template <> __device__ __forceinline__ float2 unpack<__nv_bfloat16>(std::uint32_t pair) {
  return __bfloat1622float2(reinterpret_cast<const __nv_bfloat162 &>(pair));
}
template <> __device__ __forceinline__ float2 unpack<__half>(std::uint32_t pair) {
  return __half22float2(reinterpret_cast<const __half2 &>(pair));
}

} // namespace hotloop::kernels::hopper
