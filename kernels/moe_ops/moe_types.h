#pragma once

#include <cstdint>

// Words that the operators of a Mixture-of-Experts layer share. Plain C++: no CUDA, no LibTorch.
namespace hotloop::kernels {

// How a number is stored.
enum class ElementType : std::uint8_t { kFloat32, kBFloat16, kFloat16 };
inline constexpr std::int64_t bytesOf(ElementType type) {
  return type == ElementType::kFloat32 ? 4 : 2;
}

// How expert products are computed; sums are always fp32. kTf32 and kFloat32 store fp32; kTf32
// rounds factors to 10 bits, kFloat32 takes three tf32 products for one (error about 2^-21).
enum class ProductType : std::uint8_t { kBFloat16, kFloat16, kTf32, kFloat32 };
inline constexpr ElementType storageOf(ProductType type) {
  return type == ProductType::kBFloat16  ? ElementType::kBFloat16
         : type == ProductType::kFloat16 ? ElementType::kFloat16
                                         : ElementType::kFloat32;
}

// a = gelu(h) (exact, erf), h [R, I]; or a = silu(h[:, :I]) * h[:, I:], h [R, 2 I].
enum class ExpertActivation : std::uint8_t { kGelu, kSwiglu };

struct MoeShape {
  std::int64_t tokens = 0;  // T
  std::int64_t dim = 0;     // d, a multiple of 8
  std::int64_t inner = 0;   // I, a multiple of 8
  std::int64_t experts = 0; // E, 1..1024 (the gate: 1..256)
  std::int64_t topK = 0;    // k, 1..min(E, 32)
  ExpertActivation activation = ExpertActivation::kSwiglu;

  std::int64_t rows() const { return tokens * topK; } // R
  std::int64_t hiddenColumns() const {                // N: rows of `up` per expert
    return activation == ExpertActivation::kSwiglu ? 2 * inner : inner;
  }
};

// Tokens counted together by the gate (moe_ops.h, countTiles).
inline constexpr std::int64_t kCountTile = 128;

// Elements of the arrays whose size is not plain from the shape.
struct MoeOpSizes {
  std::int64_t countTiles = 0;        // ceil(T / kCountTile)
  std::int64_t scheduleInts = 0;      // int32s of `schedule`
  std::int64_t weightParts = 0;       // columns of `weightParts` [R, .]: partial sums of dWeights
  std::int64_t gateScratchFloats = 0; // floats of scratch of gateWeightGradient
};
MoeOpSizes moeOpSizes(const MoeShape &shape);

} // namespace hotloop::kernels
