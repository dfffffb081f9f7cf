#pragma once

#include <memory>

#include <ATen/ATen.h>

#include "reference_moe/model/dispatch.h"
#include "reference_moe/model/expert.h"
#include "reference_moe/model/parameters.h"
#include "reference_moe/model/router.h"

namespace hotloop::moe {

// One layer, router and residual included, by the kernels of kernels/moe_ops: five launches
// forward, no host read; the backward pass is theirs too. CUDA only; throws where the kernels
// refuse.
struct KernelLayer {
  at::Tensor hidden; // [T, d], type of x: x + sum_j w_j expert_j(x)
  at::Tensor loss;   // 0-d; undefined without options.withLoss
  at::Tensor ids;    // [T, k] int32
  at::Tensor ends;   // [E] int32: rows of expert e are [ends[e-1], ends[e])
};
KernelLayer layerByKernels(const at::Tensor &x, const LayerParameters &parameters,
                           at::ScalarType compute, const std::shared_ptr<GroupedBuffers> &buffers,
                           const RouterOptions &router, const ExpertOptions &expert);

// The weight in the compute type: itself, or a copy, which `keep` makes anew only when it is stale.
at::Tensor inComputeType(const at::Tensor &weight, at::ScalarType compute, bool keep, bool stale,
                         at::Tensor &kept);

} // namespace hotloop::moe
