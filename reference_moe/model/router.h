#pragma once

#include <memory>

#include <ATen/ATen.h>

#include "reference_moe/model/buffer_pool.h"
#include "reference_moe/run/configuration.h"

namespace hotloop::moe {

// Where every token goes. Weights of a token sum to one; ids of a token differ and are ordered by
// falling logit, ties by rising id.
struct Routing {
  at::Tensor weights; // [T, k], master type
  at::Tensor ids;     // [T, k], int64
  at::Tensor counts;  // [E], int64: tokens per expert
  at::Tensor loss;    // 0-d: alpha * load balance + beta * z; undefined in inference
};

struct RouterOptions {
  std::int64_t topK = 1;
  double balanceFactor = 0;
  double zFactor = 0;
  bool withLoss = true;
};

// logits = x gate^T, softmax, top-k, renormalise, both losses, as stock operators (about 20).
//   balance: alpha * E * sum_e f_e P_e, f_e = count_e / (T k) without gradient, P_e = mean_t p_te
//            (Switch Transformer as in Megatron-LM; alpha at perfect balance)
//   z:       beta * mean_t logsumexp(logits_t)^2  (ST-MoE)
Routing routeStock(const at::Tensor &x, const at::Tensor &gate, const RouterOptions &options);

// The same function: one product and one kernel, forward and backward (kernels/gating). CPU only.
// `pool` belongs to the layer: what it keeps must live until the backward pass.
Routing routeFused(const at::Tensor &x, const at::Tensor &gate, const RouterOptions &options,
                   const std::shared_ptr<BufferPool> &pool);

} // namespace hotloop::moe
