#include "reference_moe/model/expert.h"

#include <torch/csrc/autograd/custom_function.h>

namespace hotloop::moe {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Saves h and the weight; the activation is computed again in the backward pass.
struct RecomputedProjection : torch::autograd::Function<RecomputedProjection> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &h, const at::Tensor &down,
                            bool swiglu) {
    context->save_for_backward({h, down});
    context->saved_data["swiglu"] = swiglu;
    const ExpertOptions options{swiglu ? Activation::kSwiglu : Activation::kGelu, false, false};
    return at::matmul(activate(h, options), down.transpose(-2, -1));
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &h = saved[0], &down = saved[1], &dy = gradients[0];
    const at::Tensor da = at::matmul(dy, down);
    at::Tensor a, dh;
    if (context->saved_data["swiglu"].toBool()) {
      const std::vector<at::Tensor> halves = h.chunk(2, -1);
      const at::Tensor silu = at::silu(halves[0]);
      a = silu * halves[1];
      dh = at::cat({at::silu_backward(da * halves[1], halves[0]), da * silu}, -1);
    } else {
      a = at::gelu(h);
      dh = at::gelu_backward(da, h);
    }
    return {dh, at::matmul(dy.transpose(-2, -1), a), at::Tensor()};
  }
};

} // namespace

at::Tensor activate(const at::Tensor &h, const ExpertOptions &options) {
  if (options.activation == Activation::kGelu) {
    if (!options.inplace) return at::gelu(h);
    at::Tensor target = h;
    return at::gelu_(target);
  }
  std::vector<at::Tensor> halves = h.chunk(2, -1);
  if (!options.inplace) return at::silu(halves[0]) * halves[1];
  return at::silu_(halves[0]).mul_(halves[1]);
}

at::Tensor activateAndProject(const at::Tensor &h, const at::Tensor &down,
                              const ExpertOptions &options) {
  if (options.recomputeActivation)
    return RecomputedProjection::apply(h, down, options.activation == Activation::kSwiglu);
  return at::matmul(activate(h, options), down.transpose(-2, -1));
}

at::Tensor expertForward(const at::Tensor &x, const at::Tensor &up, const at::Tensor &down,
                         const ExpertOptions &options) {
  return activateAndProject(at::matmul(x, up.transpose(-2, -1)), down, options);
}

} // namespace hotloop::moe
