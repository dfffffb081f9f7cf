#pragma once

#include <vector>

#include <ATen/ATen.h>

#include "reference_moe/model/parameters.h"

namespace hotloop::moe {

// The model once more, in double and in the plainest form: every expert on every token, weighted by
// a dense table. Its routing is replayed from `ids`, so that rounding cannot send a token
// elsewhere.
struct DenseReference {
  DenseReference(const std::vector<LayerParameters> &layers, const Configuration &configuration);

  struct Output {
    at::Tensor hidden;     // [T, d]
    at::Tensor routerLoss; // 0-d
  };
  Output forward(const at::Tensor &x, const std::vector<at::Tensor> &ids) const;

  Configuration configuration;
  std::vector<at::Tensor> gate, up, down; // per layer, leaves: [E, d], [E, N, d], [E, d, I]
};

} // namespace hotloop::moe
