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

// The beginning of what nvcc calls a grouped product of PyTorch 2.11: __cxa_demangle refuses it.
TEST(KernelFamily, NamesThatCannotBeDemangledAreCutToTheirFunction) {
  EXPECT_EQ(
      kernelFamily("_ZN7cutlass13device_kernelIN2at4cuda6detail25enable_3x_kernel_for_sm9xINS_"
                   "4gemm6kernel13GemmUniversalINS5_17GroupProblem"),
      "at::cuda::detail::enable_*x_kernel_for_sm*x");
  EXPECT_EQ(kernelFamily("_ZN3abc4longILi4ENSA_"), "abc::long");
  EXPECT_EQ(kernelFamily("_ZN99abc"), "_ZN99abc");
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
