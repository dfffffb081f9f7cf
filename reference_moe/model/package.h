#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "core/base/result.h"
#include "reference_moe/model/parameters.h"
#include "reference_moe/run/configuration.h"

namespace hotloop::moe {

// One layer that torch.compile's back end compiled ahead of time (AOTInductor, a .pt2 file made by
// reference_moe/export/package.py). The weights are inputs, so one package serves every layer.
class CompiledLayer {
public:
  // Opens `configuration.package`. Refused, with what differs: a package for other sizes, dispatch,
  // number format, device, compile mode or LibTorch version, and a file that is not one.
  static Result<std::shared_ptr<CompiledLayer>> load(const Configuration &configuration);
  ~CompiledLayer();

  struct Output {
    at::Tensor hidden; // [T, d], float: x + sum_j w_j expert_j(x)
    at::Tensor ids;    // [T, k], int64
    at::Tensor counts; // [E], int64
  };
  // x [T, d] float; gate float; up, down in the compute type. T as in the package.
  Output run(const at::Tensor &x, const at::Tensor &gate, const at::Tensor &up,
             const at::Tensor &down);

private:
  struct Loader;
  explicit CompiledLayer(std::unique_ptr<Loader> loader);
  std::unique_ptr<Loader> loader_;
};

} // namespace hotloop::moe
