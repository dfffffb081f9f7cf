#include "analyzers/compare/kernel_family.h"

#include <gtest/gtest.h>

namespace hotloop {
namespace {

TEST(KernelFamily, ForgetsWhatARecompilationChanges) {
  EXPECT_EQ(kernelFamily("triton_poi_fused_add_mul_7"), "triton_poi_fused_add_mul");
  EXPECT_EQ(kernelFamily("triton_poi_fused_add_mul_12"), "triton_poi_fused_add_mul");
  EXPECT_EQ(kernelFamily("triton_red_fused_sum_3_0d1d2d3"), "triton_red_fused_sum");
  EXPECT_EQ(kernelFamily("ampere_sgemm_128x64_tn"), "sgemm_*x*_tn");
  EXPECT_EQ(kernelFamily("ampere_sgemm_64x32_tn"), kernelFamily("volta_sgemm_128x64_tn"));
  EXPECT_EQ(
      kernelFamily(
          "void at::native::vectorized_elementwise_kernel<4, at::native::CUDAFunctor_add<float>, "
          "std::array<char*, 3ul>>(int, at::native::CUDAFunctor_add<float>, std::array<char*, "
          "3ul>)"),
      "at::native::vectorized_elementwise_kernel");
  EXPECT_EQ(
      kernelFamily(
          "void "
          "cutlass::Kernel2<cutlass_80_tensorop_bf16_s16816gemm_bf16_128x128_64x3_tn_align8>(T)"),
      kernelFamily(
          "void "
          "cutlass::Kernel2<cutlass_90_tensorop_bf16_s16816gemm_bf16_256x64_32x4_tn_align8>(T)"));
  EXPECT_EQ(kernelFamily(
                "void (anonymous namespace)::softmax_warp_forward<float, float, 7, false>(float*)"),
            "softmax_warp_forward");
  EXPECT_EQ(kernelFamily("_ZN7hotloop3moe12permute_rowsIfEEvPT_i"), "hotloop::moe::permute_rows");
}

TEST(KernelFamily, KeepsNumbersThatBelongToAWord) {
  EXPECT_EQ(kernelFamily("im2col_kernel"), "im2col_kernel");
  EXPECT_EQ(kernelFamily("conv2d_backward"), "conv2d_backward");
  EXPECT_NE(kernelFamily("conv2d_backward"), kernelFamily("conv3d_backward"));
}

TEST(KernelFamily, TakesWhateverComes) {
  EXPECT_EQ(kernelFamily(""), "");
  for (const char *odd : {"<", ">>>(((", "operator<", "_Z", "_Z9999x", "a::operator()(int)", " ",
                          "((((", "___", "_7"})
    EXPECT_NO_THROW(kernelFamily(odd)) << odd;
}

} // namespace
} // namespace hotloop
