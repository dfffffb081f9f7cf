#include <algorithm>

#include <torch/csrc/autograd/custom_function.h>

#include "reference_moe/model/dispatch.h"
#include "reference_moe/model/gradient.h"
#include "reference_moe/model/layer_kernels.h"
#include "reference_moe/model/marks.h"
#include "reference_moe/model/operators.h"

namespace hotloop::moe {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

enum LayerSlot : std::size_t {
  kEnds,
  kRowOfSlot,
  kSlotOfRow,
  kTokenOfRow,
  kInput,
  kRows,
  kHidden,
  kActivation,
  kOutput,
  kDInput,
  kDWeights
};
// One that only the forward pass uses and one that only the backward pass uses may be the same.
enum ScratchSlot : std::size_t {
  kY,
  kDRows = kY,
  kYBySlot,
  kYReal,
  kDOut,
  kDActivation,
  kProduct,
  kRowWeights,
  kDRowWeights,
  kSilu,
  kDHidden,
  kDUp,
  kDDown,
  kRowsAgain,
  kActivationAgain,
  kDGateHalf
};

struct GroupedState : torch::CustomClassHolder {
  std::shared_ptr<GroupedBuffers> buffers;
  ExpertOptions options;
  at::ScalarType compute;
  RowOrder order;
  at::Tensor input;      // [T, d], compute type
  at::Tensor rows;       // [R, d], undefined when it is gathered again
  at::Tensor hidden;     // [R, N]
  at::Tensor activation; // [R, I], undefined when it is computed again
  at::Tensor up, down;   // the weights in the compute type
};

at::TensorOptions plain(const at::Tensor &like, at::ScalarType type) {
  return at::TensorOptions().dtype(type).device(like.device());
}

// a = act(h) into `a`; for SwiGLU `silu` gets silu of the gate half.
void activateInto(const at::Tensor &h, const ExpertOptions &options, at::Tensor a,
                  at::Tensor silu) {
  if (options.activation == Activation::kGelu) {
    at::gelu_out(a, h);
    return;
  }
  const std::int64_t half = a.size(1);
  at::silu_out(silu, h.narrow(1, 0, half));
  at::mul_out(a, silu, h.narrow(1, half, half));
}

// dh from da, by the derivative of the activation at h.
void activationBackward(const at::Tensor &da, const at::Tensor &h, const at::Tensor &silu,
                        const ExpertOptions &options, at::Tensor product, at::Tensor dh) {
  if (options.activation == Activation::kGelu) {
    at::gelu_backward_out(dh, da, h);
    return;
  }
  const std::int64_t half = da.size(1);
  at::Tensor dGate = dh.narrow(1, 0, half), dUp = dh.narrow(1, half, half);
  at::mul_out(product, da, h.narrow(1, half, half));
  at::silu_backward_out(dGate, product, h.narrow(1, 0, half));
  at::mul_out(dUp, da, silu);
}

// The weights as the products take them: in the compute type, or packed.
void prepareWeights(GroupedState &s, const at::Tensor &up, const at::Tensor &down,
                    std::int64_t rows) {
  GroupedBuffers &b = *s.buffers;
  if (!b.packs) {
    s.up = inComputeType(up, s.compute, b.layer.keeps(), b.stale, b.up);
    s.down = inComputeType(down, s.compute, b.layer.keeps(), b.stale, b.down);
  } else if (b.stale) {
    const std::int64_t perExpert = std::max<std::int64_t>(1, rows / up.size(0));
    b.packedUp.pack(up.detach().to(s.compute), perExpert);
    b.packedDown.pack(down.detach().to(s.compute), perExpert);
  }
  b.stale = false;
}

struct GroupedExperts : torch::autograd::Function<GroupedExperts> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x,
                            const at::Tensor &weights, const at::Tensor &up, const at::Tensor &down,
                            const at::Tensor &ids, c10::intrusive_ptr<GroupedState> state);
  static variable_list backward(AutogradContext *context, variable_list gradients);
};

at::Tensor GroupedExperts::forward(AutogradContext *context, const at::Tensor &x,
                                   const at::Tensor &weights, const at::Tensor &up,
                                   const at::Tensor &down, const at::Tensor &ids,
                                   c10::intrusive_ptr<GroupedState> state) {
  GroupedState &s = *state;
  BufferPool &layer = s.buffers->layer, &scratch = *s.buffers->scratch;
  const std::int64_t tokens = x.size(0), dim = x.size(1), topK = ids.size(1), rows = tokens * topK;
  const std::int64_t experts = up.size(0), inner = down.size(2);
  const at::TensorOptions compute = plain(x, s.compute), master = plain(x, x.scalar_type());
  const at::TensorOptions integer = plain(x, at::kLong);
  {
    const Range range("permute");
    s.order = {layer.take(kEnds, {experts}, integer.dtype(at::kInt)),
               layer.take(kRowOfSlot, {rows}, integer), layer.take(kSlotOfRow, {rows}, integer),
               layer.take(kTokenOfRow, {rows}, integer)};
    sortRows(ids, s.order);
    s.input = x.detach();
    if (x.scalar_type() != s.compute)
      s.input = layer.take(kInput, x.sizes(), compute).copy_(x.detach());
    // What the backward pass needs stays with the layer; what it computes again is scratch.
    s.rows = s.options.recomputeActivation ? scratch.take(kRowsAgain, {rows, dim}, compute)
                                           : layer.take(kRows, {rows, dim}, compute);
    at::index_select_out(s.rows, s.input, 0, s.order.tokenOfRow);
  }
  at::Tensor y;
  {
    const Range range("experts");
    GroupedBuffers &b = *s.buffers;
    prepareWeights(s, up, down, rows);
    s.hidden = layer.take(kHidden, {rows, up.size(1)}, compute);
    if (b.packs)
      b.packedUp.multiply(s.rows, s.order.ends, s.hidden);
    else
      groupedRows(s.rows, s.up.transpose(1, 2), s.order.ends, s.hidden);
    s.activation = s.options.recomputeActivation
                       ? scratch.take(kActivationAgain, {rows, inner}, compute)
                       : layer.take(kActivation, {rows, inner}, compute);
    at::Tensor silu;
    if (s.options.activation == Activation::kSwiglu)
      silu = scratch.take(kSilu, {rows, inner}, compute);
    activateInto(s.hidden, s.options, s.activation, silu);
    y = scratch.take(kY, {rows, dim}, compute);
    if (b.packs)
      b.packedDown.multiply(s.activation, s.order.ends, y);
    else
      groupedRows(s.activation, s.down.transpose(1, 2), s.order.ends, y);
  }
  const Range range("combine");
  at::Tensor bySlot = scratch.take(kYBySlot, {rows, dim}, compute);
  at::index_select_out(bySlot, y, 0, s.order.rowOfSlot);
  at::Tensor weighted = bySlot;
  if (s.compute != x.scalar_type())
    weighted = scratch.take(kYReal, {rows, dim}, master).copy_(bySlot);
  weighted.mul_(weights.detach().reshape({rows, 1}));
  at::Tensor out = layer.take(kOutput, {tokens, dim}, master);
  at::sum_out(out, weighted.view({tokens, topK, dim}), 1);
  if (s.options.recomputeActivation) s.rows = s.activation = at::Tensor();
  context->save_for_backward({x, weights, up, down});
  context->saved_data["state"] = c10::IValue::make_capsule(state);
  return out.detach(); // an alias: a kept buffer must not get a history
}

variable_list GroupedExperts::backward(AutogradContext *context, variable_list gradients) {
  const Range range("experts backward");
  const auto state =
      c10::static_intrusive_pointer_cast<GroupedState>(context->saved_data["state"].toCapsule());
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &x = saved[0], &weights = saved[1], &up = saved[2], &down = saved[3];
  GroupedState &s = *state;
  BufferPool &layer = s.buffers->layer, &scratch = *s.buffers->scratch;
  const std::int64_t tokens = x.size(0), dim = x.size(1), rows = s.order.tokenOfRow.size(0);
  const std::int64_t inner = down.size(2);
  const at::TensorOptions compute = plain(x, s.compute), master = plain(x, x.scalar_type());

  at::Tensor silu;
  if (s.options.activation == Activation::kSwiglu)
    silu = scratch.take(kSilu, {rows, inner}, compute);
  if (!s.rows.defined()) {
    s.rows = scratch.take(kRowsAgain, {rows, dim}, compute);
    at::index_select_out(s.rows, s.input, 0, s.order.tokenOfRow);
    s.activation = scratch.take(kActivationAgain, {rows, inner}, compute);
    activateInto(s.hidden, s.options, s.activation, silu);
  } else if (s.options.activation == Activation::kSwiglu) {
    at::silu_out(silu, s.hidden.narrow(1, 0, inner));
  }
  at::Tensor dOut = gradients[0];
  if (s.compute != dOut.scalar_type())
    dOut = scratch.take(kDOut, dOut.sizes(), compute).copy_(dOut);
  at::Tensor dRows = scratch.take(kDRows, {rows, dim}, compute);
  at::index_select_out(dRows, dOut, 0, s.order.tokenOfRow);

  // da of an unweighted row; its product with a is the gradient of the row's weight.
  at::Tensor da = scratch.take(kDActivation, {rows, inner}, compute);
  groupedRows(dRows, s.down, s.order.ends, da);
  at::Tensor product = scratch.take(kProduct, {rows, inner}, compute);
  at::mul_out(product, da, s.activation);
  at::Tensor dRowWeights = scratch.take(kDRowWeights, {rows}, master);
  at::sum_out(dRowWeights, product, at::IntArrayRef{1}, false, x.scalar_type());
  at::Tensor dWeights = layer.take(kDWeights, weights.sizes(), master);
  at::Tensor flat = dWeights.view({rows});
  at::index_select_out(flat, dRowWeights, 0, s.order.rowOfSlot);

  at::Tensor rowWeights = scratch.take(kRowWeights, {rows}, master);
  at::index_select_out(rowWeights, weights.detach().reshape({rows}), 0, s.order.slotOfRow);
  const at::Tensor scale = rowWeights.unsqueeze(1);
  da.mul_(scale);
  at::mul_out(product, s.activation, scale);
  const at::Tensor dDown =
      deliverGradient(down, down.scalar_type(), scratch, kDDown, [&](const at::Tensor &to) {
        groupedColumns(dRows, product, s.order.ends, to);
      });
  at::Tensor dHidden = scratch.take(kDHidden, s.hidden.sizes(), compute);
  activationBackward(da, s.hidden, silu, s.options, product, dHidden);
  const at::Tensor dUp =
      deliverGradient(up, up.scalar_type(), scratch, kDUp, [&](const at::Tensor &to) {
        groupedColumns(dHidden, s.rows, s.order.ends, to);
      });
  at::Tensor dInput;
  if (x.requires_grad()) {
    groupedRows(dHidden, s.up, s.order.ends, dRows);
    at::Tensor bySlot = scratch.take(kYBySlot, {rows, dim}, compute);
    at::index_select_out(bySlot, dRows, 0, s.order.rowOfSlot);
    at::Tensor sum = layer.take(kDInput, {tokens, dim}, master);
    at::sum_out(sum, bySlot.view({tokens, rows / tokens, dim}), at::IntArrayRef{1}, false,
                x.scalar_type());
    dInput = sum.detach();
  }
  return {dInput, dWeights.detach(), dUp, dDown, at::Tensor(), at::Tensor()};
}

} // namespace

at::Tensor inComputeType(const at::Tensor &weight, at::ScalarType compute, bool keep, bool stale,
                         at::Tensor &kept) {
  if (weight.scalar_type() == compute) return weight.detach();
  if (!keep) return weight.detach().to(compute);
  if (kept.defined() && !stale) return kept;
  if (!kept.defined()) kept = at::empty(weight.sizes(), plain(weight, compute));
  return kept.copy_(weight.detach());
}

at::Tensor dispatchGrouped(const at::Tensor &x, const Routing &routing, const at::Tensor &up,
                           const at::Tensor &down, at::ScalarType compute,
                           const std::shared_ptr<GroupedBuffers> &buffers,
                           const ExpertOptions &options) {
  auto state = c10::make_intrusive<GroupedState>();
  state->buffers = buffers;
  state->options = options;
  state->compute = compute;
  return GroupedExperts::apply(x, routing.weights, up, down, routing.ids.contiguous(), state);
}

} // namespace hotloop::moe
