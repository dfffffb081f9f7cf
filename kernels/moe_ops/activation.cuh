#pragma once

#include <cuda_runtime.h>

// Activations and their derivatives in fp32, shared by all grouped products. An epilogue computes
// one per number while the matrix unit waits, so every instruction counts: two from the special
// function unit each, no branch, no care for denormal intermediates.
namespace hotloop::kernels {

__device__ __forceinline__ float powerOfTwo(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
__device__ __forceinline__ float reciprocal(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// exp(-x^2 / 2)
__device__ __forceinline__ float bell(float x) { return powerOfTwo(-0.72134752f * x * x); }

// The normal distribution below -|x|, within 8e-8, given bell(x): half of erfc(|x| / sqrt(2))
// (Abramowitz and Stegun 7.1.26, its factors halved).
__device__ __forceinline__ float normalTail(float x, float bellOfX) {
  const float t = reciprocal(1.0f + 0.23164189f * fabsf(x));
  const float series =
      t * (0.127414796f +
           t * (-0.142248368f + t * (0.7107068705f + t * (-0.7265760135f + t * 0.5307027145f))));
  return series * bellOfX;
}
__device__ __forceinline__ float gelu(float x) {
  return fmaxf(x, 0.0f) - fabsf(x) * normalTail(x, bell(x));
}
// For results of 8 bits: relative error below 3e-4 (a seventh of their rounding) for x > -5.5, and
// one special function. log2 of the tail is nearly a parabola: here its polynomial, fitted on [0,
// 5.5] for the least greatest error; below that the tail goes to zero.
__device__ __forceinline__ float geluBrief(float x) {
  const float a = fabsf(x);
  const float log2Tail =
      -1.00035908f +
      a * (-1.14626076f +
           a * (-0.469681222f + a * (-0.0445989240f + a * (0.00486975245f - 0.000233249598f * a))));
  return fmaxf(x, 0.0f) - a * powerOfTwo(log2Tail);
}
__device__ __forceinline__ float geluSlope(float x) {
  const float b = bell(x), tail = normalTail(x, b);
  return (x > 0 ? 1.0f - tail : tail) + x * 0.39894228f * b;
}
__device__ __forceinline__ float sigmoid(float x) {
  return reciprocal(1.0f + powerOfTwo(-1.44269504f * x));
}
__device__ __forceinline__ float silu(float x) { return x * sigmoid(x); }

} // namespace hotloop::kernels
