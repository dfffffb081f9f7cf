#pragma once

#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "kernels/moe_ops/moe_types.h"

// Numbers of a type known at run time, singly and eight at a time.
namespace hotloop::kernels::routing {

__device__ __forceinline__ float numberAt(const void *data, ElementType type, std::int64_t i) {
  switch (type) {
  case ElementType::kFloat32: return static_cast<const float *>(data)[i];
  case ElementType::kBFloat16: return __bfloat162float(static_cast<const __nv_bfloat16 *>(data)[i]);
  case ElementType::kFloat16: return __half2float(static_cast<const __half *>(data)[i]);
  }
  return 0;
}

struct Eight {
  float x[8];
};

template <class T> __device__ __forceinline__ Eight loadEight(const T *from) {
  Eight eight;
  if constexpr (sizeof(T) == 4) {
    const float4 a = reinterpret_cast<const float4 *>(from)[0];
    const float4 b = reinterpret_cast<const float4 *>(from)[1];
    eight = {a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w};
  } else {
    const uint4 raw = *reinterpret_cast<const uint4 *>(from);
    const auto *values = reinterpret_cast<const T *>(&raw);
#pragma unroll
    for (int i = 0; i < 8; ++i) eight.x[i] = static_cast<float>(values[i]);
  }
  return eight;
}

// Eight numbers as they lie in memory: fewer registers while they are on their way. Read once, so
// they need not stay in the cache.
template <class T> struct RawEight {
  uint4 raw[sizeof(T) / 2];

  __device__ __forceinline__ void load(const T *from) {
#pragma unroll
    for (int i = 0; i < static_cast<int>(sizeof(T) / 2); ++i)
      raw[i] = __ldcs(reinterpret_cast<const uint4 *>(from) + i);
  }
  __device__ __forceinline__ Eight values() const {
    Eight eight;
    const auto *numbers = reinterpret_cast<const T *>(raw);
#pragma unroll
    for (int i = 0; i < 8; ++i) eight.x[i] = static_cast<float>(numbers[i]);
    return eight;
  }
};

template <class T> __device__ __forceinline__ void storeEight(T *to, const Eight &eight) {
  if constexpr (sizeof(T) == 4) {
    auto *pair = reinterpret_cast<float4 *>(to);
    pair[0] = float4{eight.x[0], eight.x[1], eight.x[2], eight.x[3]};
    pair[1] = float4{eight.x[4], eight.x[5], eight.x[6], eight.x[7]};
  } else {
    uint4 raw;
    auto *values = reinterpret_cast<T *>(&raw);
#pragma unroll
    for (int i = 0; i < 8; ++i) values[i] = static_cast<T>(eight.x[i]);
    *reinterpret_cast<uint4 *>(to) = raw;
  }
}

// Calls body.template operator()<A, B>() with the C++ types of two element types, which are equal
// or of which one is fp32.
template <class Body> auto withTypes(ElementType a, ElementType b, Body body) {
  using bf16 = __nv_bfloat16;
  if (a == ElementType::kFloat32) {
    if (b == ElementType::kBFloat16) return body.template operator()<float, bf16>();
    if (b == ElementType::kFloat16) return body.template operator()<float, __half>();
    return body.template operator()<float, float>();
  }
  if (a == ElementType::kBFloat16)
    return b == ElementType::kFloat32 ? body.template operator()<bf16, float>()
                                      : body.template operator()<bf16, bf16>();
  return b == ElementType::kFloat32 ? body.template operator()<__half, float>()
                                    : body.template operator()<__half, __half>();
}

} // namespace hotloop::kernels::routing
