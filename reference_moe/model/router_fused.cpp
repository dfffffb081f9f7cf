#include <torch/csrc/autograd/custom_function.h>

#include "reference_moe/model/gradient.h"
#include "reference_moe/model/operators.h"
#include "reference_moe/model/router.h"

namespace hotloop::moe {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Slots of the layer's pool.
enum Slot : std::size_t {
  kLogits,
  kWeights,
  kIds,
  kLse,
  kProbabilities,
  kCounts,
  kSquares,
  kDLogits,
  kDInput,
  kDGate
};

struct RouterState : torch::CustomClassHolder {
  RouterOptions options;
  std::shared_ptr<BufferPool> pool;
  at::Tensor logits;
  GatingOutputs outputs;
};

void write(at::Tensor out, const at::Tensor &a, const at::Tensor &b) { at::mm_out(out, a, b); }

// balance + z loss from the sums of the kernel: 0-d.
at::Tensor lossOf(const RouterState &state, std::int64_t tokens, std::int64_t experts) {
  const RouterOptions &o = state.options;
  const auto count = static_cast<double>(tokens);
  const double balance = o.balanceFactor * static_cast<double>(experts) /
                         (count * count * static_cast<double>(o.topK));
  const at::Tensor counts = state.outputs.counts.to(state.logits.scalar_type());
  return at::dot(state.outputs.probabilitySums, counts)
      .mul_(balance)
      .add_(state.outputs.squaredLse[0], o.zFactor / count);
}

struct FusedRouter : torch::autograd::Function<FusedRouter> {
  static variable_list forward(AutogradContext *context, const at::Tensor &x,
                               const at::Tensor &gate, c10::intrusive_ptr<RouterState> state) {
    const std::int64_t tokens = x.size(0), experts = gate.size(0), topK = state->options.topK;
    BufferPool &pool = *state->pool;
    const at::TensorOptions real = x.options().requires_grad(false);
    const at::TensorOptions integer = real.dtype(at::kLong);
    state->logits = pool.take(kLogits, {tokens, experts}, real);
    at::mm_out(state->logits, x, gate.t());
    GatingOutputs &outputs = state->outputs;
    outputs = {
        pool.take(kWeights, {tokens, topK}, real), pool.take(kIds, {tokens, topK}, integer),
        pool.take(kLse, {tokens}, real),           pool.take(kProbabilities, {experts}, real),
        pool.take(kCounts, {experts}, integer),    pool.take(kSquares, {1}, real)};
    gatingForward(state->logits, outputs);
    context->save_for_backward({x, gate});
    context->saved_data["state"] = c10::IValue::make_capsule(state);
    // Aliases: an output gets a history, and a kept buffer must not have one.
    const at::Tensor ids = outputs.ids.detach(), counts = outputs.counts.detach();
    context->mark_non_differentiable({ids, counts});
    const at::Tensor loss =
        state->options.withLoss ? lossOf(*state, tokens, experts) : at::zeros({}, real);
    return {outputs.weights.detach(), ids, counts, loss};
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto state =
        c10::static_intrusive_pointer_cast<RouterState>(context->saved_data["state"].toCapsule());
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &gate = saved[1];
    const RouterOptions &o = state->options;
    const auto tokens = static_cast<double>(x.size(0));
    const auto experts = static_cast<double>(gate.size(0));
    BufferPool &pool = *state->pool;
    const at::TensorOptions real = state->logits.options();

    const at::Tensor dWeights =
        gradients[0].defined() ? gradients[0].contiguous() : at::zeros_like(state->outputs.weights);
    // The gradient of the loss is never read back: it scales g here and z inside the kernel.
    const at::Tensor dLoss = gradients[3].defined() ? gradients[3] : at::ones({}, real);
    const at::Tensor balance =
        state->outputs.counts.to(real.dtype())
            .mul_(o.balanceFactor * experts / (tokens * tokens * static_cast<double>(o.topK)))
            .mul_(dLoss);
    const at::Tensor dLogits = pool.take(kDLogits, state->logits.sizes(), real);
    gatingBackward(state->logits, state->outputs.lse, state->outputs.weights, state->outputs.ids,
                   dWeights, balance, dLoss, 2 * o.zFactor / tokens, dLogits);

    at::Tensor dInput;
    if (x.requires_grad()) {
      dInput = pool.take(kDInput, x.sizes(), real);
      at::mm_out(dInput, dLogits, gate);
    }
    const at::Tensor dGate =
        deliverGradient(gate, gate.scalar_type(), pool, kDGate,
                        [&](const at::Tensor &out) { write(out, dLogits.t(), x); });
    return {dInput.defined() ? dInput.detach() : dInput, dGate, at::Tensor()};
  }
};

} // namespace

Routing routeFused(const at::Tensor &x, const at::Tensor &gate, const RouterOptions &options,
                   const std::shared_ptr<BufferPool> &pool) {
  auto state = c10::make_intrusive<RouterState>();
  state->options = options;
  state->pool = pool;
  const variable_list outputs = FusedRouter::apply(x, gate, state);
  return {outputs[0], outputs[1], outputs[2], options.withLoss ? outputs[3] : at::Tensor()};
}

} // namespace hotloop::moe
