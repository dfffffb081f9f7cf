#include "reference_moe/model/layer_kernels.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <c10/cuda/CUDAStream.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/moe_ops/moe_ops.h"
#include "reference_moe/model/gradient.h"
#include "reference_moe/model/marks.h"

namespace hotloop::moe {
namespace {

using kernels::ElementType;
using kernels::ProductType;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Behind the slots of dispatch_grouped.cpp's enums, so that both may share a pool.
enum LayerSlot : std::size_t {
  kIds = 16,
  kWeights,
  kLogits,
  kLse,
  kTileCounts,
  kTileProbabilities,
  kTileSquares,
  kRows,
  kEnds,
  kRowOfSlot,
  kSlotOfRow,
  kSchedule,
  kLoss,
  kBalance,
  kHidden,
  kOut,
  kDInput
};
enum ScratchSlot : std::size_t {
  // Memory is shared by what is never needed at once. Of [rows, d]: in the forward pass the
  // permuted tokens, then y; in the backward pass the gathered gradient of the output, then the
  // tokens again, then the gradient of the rows.
  kRowsAgain = 32,
  kY = kRowsAgain,
  kDRows = kRowsAgain,
  kActivated,
  kScaledActivated = kActivated,
  kPartialSums, // of the routing weights' gradient, then of the gate's
  kDGate,
  kDUp,
  kDDown
};

struct LayerState : torch::CustomClassHolder {
  kernels::MoeShape shape;
  kernels::MoeOpSizes sizes;
  ProductType product;
  ElementType storage;
  at::ScalarType compute;
  RouterOptions router;
  ExpertOptions expert;
  std::shared_ptr<GroupedBuffers> buffers;
  bool forBackward = false;
  at::Tensor x, up, down; // the weights in the compute type
  at::Tensor ids, weights, logits, lse, ends, rowOfSlot, slotOfRow, schedule, balance;
  at::Tensor rows, hidden;
};

void orThrow(const Result<void> &result) {
  if (!result) throw std::runtime_error(result.error().message);
}
ElementType elementOf(const at::Tensor &tensor) {
  return tensor.scalar_type() == at::kBFloat16 ? ElementType::kBFloat16
         : tensor.scalar_type() == at::kHalf   ? ElementType::kFloat16
                                               : ElementType::kFloat32;
}
ProductType productOf(at::ScalarType compute) {
  return compute == at::kBFloat16 ? ProductType::kBFloat16
         : compute == at::kHalf   ? ProductType::kFloat16
                                  : ProductType::kFloat32;
}
template <class T = float> T *pointer(const at::Tensor &tensor) {
  return tensor.defined() ? static_cast<T *>(tensor.data_ptr()) : nullptr;
}
cudaStream_t stream() { return c10::cuda::getCurrentCUDAStream().stream(); }

// Takes from a pool by type.
struct Taker {
  BufferPool &pool;
  at::Device device;
  at::Tensor operator()(std::size_t slot, at::IntArrayRef shape, at::ScalarType type) const {
    return pool.take(slot, shape, at::TensorOptions().dtype(type).device(device));
  }
};

struct KernelFunction : torch::autograd::Function<KernelFunction> {
  static variable_list forward(AutogradContext *context, const at::Tensor &x,
                               const at::Tensor &gate, const at::Tensor &up, const at::Tensor &down,
                               c10::intrusive_ptr<LayerState> state);
  static variable_list backward(AutogradContext *context, variable_list gradients);
};

void gateAndPermute(LayerState &s, const at::Tensor &gate, const at::Tensor &loss) {
  const Taker layer{s.buffers->layer, s.x.device()};
  const Taker scratch{*s.buffers->scratch, s.x.device()};
  const std::int64_t tokens = s.shape.tokens, experts = s.shape.experts, topK = s.shape.topK;
  const std::int64_t rows = s.shape.rows(), tiles = s.sizes.countTiles;
  const bool losses = loss.defined();
  const at::Tensor tileCounts = layer(kTileCounts, {tiles, experts}, at::kInt);
  at::Tensor tileProbabilities, tileSquares;
  {
    const Range range("router");
    s.ids = layer(kIds, {tokens, topK}, at::kInt);
    s.weights = layer(kWeights, {tokens, topK}, at::kFloat);
    if (s.forBackward) s.logits = layer(kLogits, {tokens, experts}, at::kFloat);
    if (s.forBackward || losses) s.lse = layer(kLse, {tokens}, at::kFloat);
    if (losses) {
      tileProbabilities = layer(kTileProbabilities, {tiles, experts}, at::kFloat);
      tileSquares = layer(kTileSquares, {tiles}, at::kFloat);
      s.balance = layer(kBalance, {experts}, at::kFloat);
    }
    kernels::GateForward args;
    args.shape = s.shape;
    args.xType = elementOf(s.x);
    args.gateType = elementOf(gate);
    args.x = s.x.data_ptr();
    args.gate = gate.data_ptr();
    args.ids = pointer<std::int32_t>(s.ids);
    args.weights = pointer(s.weights);
    args.logits = pointer(s.logits);
    args.lse = pointer(s.lse);
    args.tileCounts = pointer<std::int32_t>(tileCounts);
    args.tileProbabilities = pointer(tileProbabilities);
    args.tileSquaredLse = pointer(tileSquares);
    orThrow(kernels::gateForward(args, stream()));
  }
  const Range range("permute");
  s.ends = layer(kEnds, {experts}, at::kInt);
  s.rowOfSlot = layer(kRowOfSlot, {tokens, topK}, at::kInt);
  if (s.forBackward) s.slotOfRow = layer(kSlotOfRow, {rows}, at::kInt);
  s.schedule = layer(kSchedule, {s.sizes.scheduleInts}, at::kInt);
  const bool keepRows = s.forBackward && !s.expert.recomputeActivation;
  s.rows = keepRows ? layer(kRows, {rows, s.shape.dim}, s.compute)
                    : scratch(kRowsAgain, {rows, s.shape.dim}, s.compute);
  kernels::PermuteRows args;
  args.shape = s.shape;
  args.xType = elementOf(s.x);
  args.rowType = s.storage;
  args.x = s.x.data_ptr();
  args.ids = pointer<std::int32_t>(s.ids);
  args.tileCounts = pointer<std::int32_t>(tileCounts);
  args.rows = s.rows.data_ptr();
  args.ends = pointer<std::int32_t>(s.ends);
  args.rowOfSlot = pointer<std::int32_t>(s.rowOfSlot);
  args.slotOfRow = pointer<std::int32_t>(s.slotOfRow);
  args.schedule = pointer<std::int32_t>(s.schedule);
  args.tileProbabilities = pointer(tileProbabilities);
  args.tileSquaredLse = pointer(tileSquares);
  args.balanceFactor = static_cast<float>(s.router.balanceFactor);
  args.zFactor = static_cast<float>(s.router.zFactor);
  args.loss = pointer(loss);
  args.balance = pointer(s.balance);
  orThrow(kernels::permuteRows(args, stream()));
}

// The two grouped products; returns y.
at::Tensor experts(LayerState &s) {
  const Range range("experts");
  const Taker layer{s.buffers->layer, s.x.device()};
  const Taker scratch{*s.buffers->scratch, s.x.device()};
  const std::int64_t rows = s.shape.rows();
  if (s.forBackward) s.hidden = layer(kHidden, {rows, s.shape.hiddenColumns()}, s.compute);
  const at::Tensor activated = scratch(kActivated, {rows, s.shape.inner}, s.compute);
  const at::Tensor y = scratch(kY, {rows, s.shape.dim}, s.compute);
  kernels::GroupedUp up;
  up.shape = s.shape;
  up.product = s.product;
  up.rows = s.rows.data_ptr();
  up.up = s.up.data_ptr();
  up.schedule = pointer<std::int32_t>(s.schedule);
  up.hidden = pointer<void>(s.hidden);
  up.activated = activated.data_ptr();
  orThrow(kernels::groupedUp(up, stream()));
  kernels::GroupedDown down;
  down.shape = s.shape;
  down.product = s.product;
  down.activated = activated.data_ptr();
  down.down = s.down.data_ptr();
  down.schedule = pointer<std::int32_t>(s.schedule);
  down.y = y.data_ptr();
  orThrow(kernels::groupedDown(down, stream()));
  return y;
}

variable_list KernelFunction::forward(AutogradContext *context, const at::Tensor &x,
                                      const at::Tensor &gate, const at::Tensor &up,
                                      const at::Tensor &down,
                                      c10::intrusive_ptr<LayerState> state) {
  LayerState &s = *state;
  GroupedBuffers &b = *s.buffers;
  const Taker layer{b.layer, x.device()};
  s.x = x.detach().contiguous();
  at::Tensor loss;
  if (s.router.withLoss) loss = layer(kLoss, {1}, at::kFloat);
  gateAndPermute(s, gate, loss);
  s.up = inComputeType(up, s.compute, b.layer.keeps(), b.stale, b.up);
  s.down = inComputeType(down, s.compute, b.layer.keeps(), b.stale, b.down);
  b.stale = false;
  const at::Tensor y = experts(s);
  const at::Tensor out = layer(kOut, x.sizes(), x.scalar_type());
  {
    const Range range("combine");
    kernels::CombineRows args;
    args.shape = s.shape;
    args.rowType = s.storage;
    args.outType = elementOf(x);
    args.y = y.data_ptr();
    args.rowOfSlot = pointer<std::int32_t>(s.rowOfSlot);
    args.weights = pointer(s.weights);
    args.residual = s.x.data_ptr();
    args.out = out.data_ptr();
    orThrow(kernels::combineRows(args, stream()));
  }
  if (s.expert.recomputeActivation) s.rows = at::Tensor();
  context->save_for_backward({x, gate, up, down});
  context->saved_data["state"] = c10::IValue::make_capsule(state);
  // Aliases: an output gets a history, and a kept buffer must not have one.
  const at::Tensor ids = s.ids.detach(), ends = s.ends.detach();
  context->mark_non_differentiable({ids, ends});
  return {out.detach(), loss.defined() ? loss.select(0, 0).detach() : at::zeros({}, x.options()),
          ids, ends};
}

// dRows, dHidden (where h was), scaledActivated, weightParts; then both weight gradients.
struct ExpertGradients {
  at::Tensor dRows, dHidden, weightParts, dUp, dDown;
};

// One after another in the same memory: what groupedDownBackward leaves for gateBackward, then what
// gateWeightGradient works in.
at::Tensor partialSums(LayerState &s) {
  const std::int64_t floats =
      std::max(s.shape.rows() * s.sizes.weightParts, s.sizes.gateScratchFloats);
  return Taker{*s.buffers->scratch, s.x.device()}(kPartialSums, {floats}, at::kFloat);
}

ExpertGradients expertsBackward(LayerState &s, const at::Tensor &dOut, const at::Tensor &up,
                                const at::Tensor &down) {
  const Taker scratch{*s.buffers->scratch, s.x.device()};
  const std::int64_t rows = s.shape.rows(), dim = s.shape.dim;
  ExpertGradients g;
  g.dRows = scratch(kDRows, {rows, dim}, s.compute);
  kernels::GatherRows gather;
  gather.shape = s.shape;
  gather.xType = elementOf(dOut);
  gather.rowType = s.storage;
  gather.x = dOut.data_ptr();
  gather.rowOfSlot = pointer<std::int32_t>(s.rowOfSlot);
  gather.out = g.dRows.data_ptr();
  orThrow(kernels::gatherRows(gather, stream()));

  if (!s.hidden.defined())
    throw std::runtime_error("the backward pass of a layer ran twice for one forward pass");
  g.dHidden = std::exchange(s.hidden, at::Tensor());
  g.weightParts = partialSums(s).narrow(0, 0, rows * s.sizes.weightParts);
  const at::Tensor scaled = scratch(kScaledActivated, {rows, s.shape.inner}, s.compute);
  kernels::GroupedDownBackward back;
  back.shape = s.shape;
  back.product = s.product;
  back.dRows = g.dRows.data_ptr();
  back.down = s.down.data_ptr();
  back.hidden = g.dHidden.data_ptr();
  back.weights = pointer(s.weights);
  back.slotOfRow = pointer<std::int32_t>(s.slotOfRow);
  back.schedule = pointer<std::int32_t>(s.schedule);
  back.dHidden = g.dHidden.data_ptr();
  back.scaledActivated = scaled.data_ptr();
  back.weightParts = pointer(g.weightParts);
  orThrow(kernels::groupedDownBackward(back, stream()));

  const auto weightGradient = [&](const at::Tensor &left, const at::Tensor &right) {
    return [&s, left, right](const at::Tensor &to) {
      kernels::GroupedWeightGradient args;
      args.shape = s.shape;
      args.product = s.product;
      args.leftColumns = left.size(1);
      args.rightColumns = right.size(1);
      args.left = left.data_ptr();
      args.right = right.data_ptr();
      args.ends = pointer<std::int32_t>(s.ends);
      args.gradientType = ElementType::kFloat32;
      args.gradient = to.data_ptr();
      orThrow(kernels::groupedWeightGradient(args, stream()));
    };
  };
  BufferPool &pool = *s.buffers->scratch;
  g.dDown = deliverGradient(down, at::kFloat, pool, kDDown, weightGradient(g.dRows, scaled));
  at::Tensor x = s.rows;
  if (!x.defined()) {
    // In the place of dRows, which has been used.
    x = scratch(kRowsAgain, {rows, dim}, s.compute);
    gather.xType = elementOf(s.x);
    gather.x = s.x.data_ptr();
    gather.out = x.data_ptr();
    orThrow(kernels::gatherRows(gather, stream()));
  }
  g.dUp = deliverGradient(up, at::kFloat, pool, kDUp, weightGradient(g.dHidden, x));
  return g;
}

at::Tensor inputGradientOf(LayerState &s, const ExpertGradients &g, const at::Tensor &dLogits,
                           const at::Tensor &gate, const at::Tensor &dOut) {
  kernels::GroupedUpBackward back;
  back.shape = s.shape;
  back.product = s.product;
  back.dHidden = g.dHidden.data_ptr();
  back.up = s.up.data_ptr();
  back.schedule = pointer<std::int32_t>(s.schedule);
  back.dRows = g.dRows.data_ptr(); // what it held has been used
  orThrow(kernels::groupedUpBackward(back, stream()));
  const at::Tensor dx = s.buffers->layer.take(kDInput, s.x.sizes(), s.x.options());
  kernels::InputGradient args;
  args.shape = s.shape;
  args.rowType = s.storage;
  args.xType = elementOf(s.x);
  args.gateType = elementOf(gate);
  args.dRows = g.dRows.data_ptr();
  args.rowOfSlot = pointer<std::int32_t>(s.rowOfSlot);
  args.dLogits = pointer(dLogits);
  args.gate = gate.data_ptr();
  args.dx = dx.data_ptr();
  orThrow(kernels::inputGradient(args, stream()));
  return dx.add_(dOut).detach(); // the residual
}

variable_list KernelFunction::backward(AutogradContext *context, variable_list gradients) {
  const Range range("experts backward");
  const auto state =
      c10::static_intrusive_pointer_cast<LayerState>(context->saved_data["state"].toCapsule());
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &x = saved[0], &gate = saved[1], &up = saved[2], &down = saved[3];
  LayerState &s = *state;
  const at::Tensor dOut = gradients[0].defined() ? gradients[0].contiguous() : at::zeros_like(s.x);
  const ExpertGradients g = expertsBackward(s, dOut, up, down);

  const at::Tensor dLogits = s.logits; // in its place
  const bool losses = s.balance.defined() && gradients[1].defined();
  kernels::GateBackward args;
  args.shape = s.shape;
  args.logits = pointer(s.logits);
  args.lse = pointer(s.lse);
  args.weights = pointer(s.weights);
  args.ids = pointer<std::int32_t>(s.ids);
  args.rowOfSlot = pointer<std::int32_t>(s.rowOfSlot);
  args.weightParts = pointer(g.weightParts);
  args.balance = losses ? pointer(s.balance) : nullptr;
  args.z = losses ? static_cast<float>(2 * s.router.zFactor / static_cast<double>(s.shape.tokens))
                  : 0.0F;
  args.dLoss = losses ? pointer(gradients[1]) : nullptr;
  args.dLogits = pointer(dLogits);
  orThrow(kernels::gateBackward(args, stream()));

  at::Tensor dInput;
  if (x.requires_grad()) dInput = inputGradientOf(s, g, dLogits, gate, dOut);
  const at::Tensor gateScratch = partialSums(s);
  const at::Tensor dGate = deliverGradient(gate, gate.scalar_type(), *s.buffers->scratch, kDGate,
                                           [&](const at::Tensor &to) {
                                             kernels::GateWeightGradient weight;
                                             weight.shape = s.shape;
                                             weight.xType = elementOf(s.x);
                                             weight.gateType = elementOf(to);
                                             weight.dLogits = pointer(dLogits);
                                             weight.x = s.x.data_ptr();
                                             weight.scratch = pointer(gateScratch);
                                             weight.dGate = to.data_ptr();
                                             orThrow(kernels::gateWeightGradient(weight, stream()));
                                           });
  return {dInput, dGate, g.dUp, g.dDown, at::Tensor()};
}

} // namespace

KernelLayer layerByKernels(const at::Tensor &x, const LayerParameters &parameters,
                           at::ScalarType compute, const std::shared_ptr<GroupedBuffers> &buffers,
                           const RouterOptions &router, const ExpertOptions &expert) {
  auto state = c10::make_intrusive<LayerState>();
  LayerState &s = *state;
  s.shape.tokens = x.size(0);
  s.shape.dim = x.size(1);
  s.shape.inner = parameters.down[0].size(2);
  s.shape.experts = parameters.gate.size(0);
  s.shape.topK = router.topK;
  s.shape.activation = expert.activation == Activation::kSwiglu ? kernels::ExpertActivation::kSwiglu
                                                                : kernels::ExpertActivation::kGelu;
  s.sizes = kernels::moeOpSizes(s.shape);
  s.compute = compute;
  s.product = productOf(compute);
  s.storage = kernels::storageOf(s.product);
  s.router = router;
  s.expert = expert;
  s.buffers = buffers;
  s.forBackward = at::GradMode::is_enabled();
  const variable_list outputs =
      KernelFunction::apply(x, parameters.gate, parameters.up[0], parameters.down[0], state);
  return {outputs[0], router.withLoss ? outputs[1] : at::Tensor(), outputs[2], outputs[3]};
}

} // namespace hotloop::moe
