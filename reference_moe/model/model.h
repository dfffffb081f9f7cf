#pragma once

#include <memory>
#include <vector>

#include <ATen/ATen.h>

#include "reference_moe/model/package.h"
#include "reference_moe/model/parameters.h"
#include "reference_moe/model/router.h"
#include "reference_moe/run/configuration.h"

namespace hotloop::moe {

// A stack of Mixture-of-Experts layers with a residual around each:
//   x_{l+1} = x_l + sum_j w_j expert_j(x_l)
// One object serves one thread at a time. Its tensors live on `device`.
class Model {
public:
  // `master`: float, or double (tests); --amp bf16 and fp16 need float. `compiled` is what
  // --fusion inductor runs.
  Model(const Configuration &configuration, at::ScalarType master, at::Device device,
        std::shared_ptr<CompiledLayer> compiled = nullptr);
  ~Model();
  Model(const Model &) = delete;
  Model &operator=(const Model &) = delete;

  struct Output {
    at::Tensor hidden;     // [T, d], master type
    at::Tensor routerLoss; // 0-d, summed over layers; undefined in inference
  };

  // x [T, d], master type. Under --buffers reuse `hidden` is valid until the next call.
  Output forward(const at::Tensor &x);

  const std::vector<LayerParameters> &parameters() const;

  // The routing of the last forward: per layer ids [T, k] and tokens per expert [E], both int64.
  std::vector<at::Tensor> lastIds() const;
  std::vector<at::Tensor> lastCounts() const;

  // Bytes of the copies of the weights in the compute type, and of all work memory that is kept.
  std::int64_t weightCopyBytes() const;
  std::int64_t keptBytes() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace hotloop::moe
