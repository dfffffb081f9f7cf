#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

namespace hotloop::moe {

// Weights [E, N, K] that inference multiplies by again and again, laid out once for LibTorch's CPU
// library (oneDNN) instead of in every product.
class PackedWeights {
public:
  // bf16 on a CPU whose oneDNN takes it. Of fp32 the products are no faster packed.
  static bool canPack(at::Device device, at::ScalarType type);

  // `rows` per expert to expect, a hint. Replaces what was there.
  void pack(const at::Tensor &weight, std::int64_t rows);
  std::int64_t bytes() const;

  // out[r] = a[r] weight[e(r)]^T, as groupedRows (operators.h), and to a profiler the same
  // operator.
  void multiply(const at::Tensor &a, const at::Tensor &ends, const at::Tensor &out) const;

private:
  std::vector<at::Tensor> experts_; // opaque
};

} // namespace hotloop::moe
