#include "reference_moe/model/checkpoint.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace hotloop::moe {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using LayerFunction = std::function<std::vector<at::Tensor>(const at::Tensor &)>;

struct CheckpointState : torch::CustomClassHolder {
  LayerFunction function;
};

struct CheckpointedLayer : torch::autograd::Function<CheckpointedLayer> {
  static variable_list forward(AutogradContext *context, const at::Tensor &x, const at::Tensor &,
                               c10::intrusive_ptr<CheckpointState> state) {
    context->save_for_backward({x});
    context->saved_data["state"] = c10::IValue::make_capsule(state);
    const at::NoGradGuard noGraph;
    return state->function(x);
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto state = c10::static_intrusive_pointer_cast<CheckpointState>(
        context->saved_data["state"].toCapsule());
    const at::Tensor x = context->get_saved_variables()[0];
    const at::Tensor input = x.detach().requires_grad_(x.requires_grad());
    variable_list outputs, known;
    {
      const at::AutoGradMode withGraph(true);
      const variable_list all = state->function(input);
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (!gradients[i].defined()) continue;
        outputs.push_back(all[i]);
        known.push_back(gradients[i]);
      }
    }
    torch::autograd::backward(outputs, known);
    return {input.grad(), at::Tensor(), at::Tensor()};
  }
};

} // namespace

std::vector<at::Tensor> checkpointed(const at::Tensor &x, const at::Tensor &anchor,
                                     LayerFunction function) {
  auto state = c10::make_intrusive<CheckpointState>();
  state->function = std::move(function);
  return CheckpointedLayer::apply(x, anchor, state);
}

} // namespace hotloop::moe
