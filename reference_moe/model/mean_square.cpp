#include "reference_moe/model/mean_square.h"

#include <torch/csrc/autograd/custom_function.h>

namespace hotloop::moe {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct MeanSquare : torch::autograd::Function<MeanSquare> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &hidden,
                            const at::Tensor &target, const at::Tensor &difference) {
    at::Tensor out = difference;
    at::sub_out(out, hidden, target);
    // By the norm, because a sum of squares would first write the squares.
    const at::Tensor norm = at::linalg_vector_norm(difference);
    context->saved_data["difference"] = difference;
    return norm.square().div_(static_cast<double>(difference.numel()));
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    at::Tensor difference = context->saved_data["difference"].toTensor();
    const double factor = 2.0 / static_cast<double>(difference.numel());
    return {difference.mul_(gradients[0] * factor).detach(), at::Tensor(), at::Tensor()};
  }
};

} // namespace

at::Tensor meanSquareInPlace(const at::Tensor &hidden, const at::Tensor &target, BufferPool &pool) {
  const at::Tensor difference = pool.take(0, hidden.sizes(), hidden.options().requires_grad(false));
  return MeanSquare::apply(hidden, target, difference);
}

} // namespace hotloop::moe
