#pragma once

#include <cuda_runtime.h>

// Activations and their derivatives in fp32, shared by all grouped products.
namespace hotloop::kernels {

// erf within 1.5e-7 (Abramowitz and Stegun 7.1.26): a third of erff's instructions.
__device__ __forceinline__ float errorFunction(float x) {
  const float t = __fdividef(1.0f, 1.0f + 0.3275911f * fabsf(x));
  const float series =
      t * (0.254829592f +
           t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
  return copysignf(1.0f - series * __expf(-x * x), x);
}
__device__ __forceinline__ float normalBelow(float x) {
  return 0.5f * (1.0f + errorFunction(x * 0.70710678f));
}
__device__ __forceinline__ float gelu(float x) { return x * normalBelow(x); }
__device__ __forceinline__ float geluSlope(float x) {
  return normalBelow(x) + x * 0.39894228f * __expf(-0.5f * x * x);
}
__device__ __forceinline__ float sigmoid(float x) { return __fdividef(1.0f, 1.0f + __expf(-x)); }
__device__ __forceinline__ float silu(float x) { return x * sigmoid(x); }

} // namespace hotloop::kernels
