#pragma once

#include <ATen/ATen.h>

#include "reference_moe/run/configuration.h"

namespace hotloop::moe {

struct ExpertOptions {
  Activation activation = Activation::kSwiglu;
  bool recomputeActivation = false; // --checkpoint selective: the backward pass keeps only h
  bool inplace = false;             // only without gradients: h is overwritten
};

// act(h): gelu (erf) of h, or silu(first half) * second half of the last dimension.
at::Tensor activate(const at::Tensor &h, const ExpertOptions &options);

// act(x up^T) down^T on the last two dimensions: x [.., T, d], up [.., N, d], down [.., d, I].
at::Tensor expertForward(const at::Tensor &x, const at::Tensor &up, const at::Tensor &down,
                         const ExpertOptions &options);

// act(h) down^T, h [.., T, N].
at::Tensor activateAndProject(const at::Tensor &h, const at::Tensor &down,
                              const ExpertOptions &options);

} // namespace hotloop::moe
