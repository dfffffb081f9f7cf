#include "reference_moe/model/model.h"

#include <string>

#include "reference_moe/model/checkpoint.h"
#include "reference_moe/model/dispatch.h"
#include "reference_moe/model/layer_kernels.h"
#include "reference_moe/model/marks.h"
#include "reference_moe/model/operators.h"

namespace hotloop::moe {

struct Model::State {
  State(const Configuration &c, at::ScalarType master, at::Device device);
  at::Tensor zeroedOutput(const at::Tensor &x, std::size_t index);
  Routing route(const at::Tensor &x, std::size_t index);
  at::Tensor dispatch(const at::Tensor &x, const Routing &routing, std::size_t index);
  std::vector<at::Tensor> layer(const at::Tensor &x, std::size_t index);
  std::vector<at::Tensor> kernelLayer(const at::Tensor &x, std::size_t index);
  std::vector<at::Tensor> compiledLayer(const at::Tensor &x, std::size_t index);
  bool byKernels(const at::Tensor &x) const;
  RouterOptions routerOptions() const;
  ExpertOptions expertOptions() const;
  std::vector<at::Tensor> maybeCheckpointed(const at::Tensor &x, std::size_t index);

  Configuration configuration;
  at::ScalarType compute;
  std::vector<LayerParameters> layers;
  std::vector<std::string> layerNames;
  std::vector<at::Tensor> outputs; // kept under --buffers reuse
  std::vector<std::shared_ptr<BufferPool>> routerPools;
  std::vector<std::shared_ptr<GroupedBuffers>> grouped;
  std::shared_ptr<CompiledLayer> compiled;
  std::vector<at::Tensor> ids;
  std::vector<at::Tensor> counts; // or, from the kernels, the ends of the experts' rows: int32
};

namespace {

at::ScalarType computeType(Amp amp, at::ScalarType master) {
  return amp == Amp::kBf16 ? at::kBFloat16 : amp == Amp::kFp16 ? at::kHalf : master;
}

} // namespace

Model::State::State(const Configuration &c, at::ScalarType master, at::Device device)
    : configuration(c), compute(computeType(c.toggles.amp, master)),
      layers(makeParameters(c, master, device)), outputs(layers.size()), ids(layers.size()),
      counts(layers.size()) {
  const bool keep = c.toggles.buffers == Buffers::kReuse;
  const auto scratch = std::make_shared<BufferPool>(keep);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layerNames.push_back("layer " + std::to_string(i));
    routerPools.push_back(std::make_shared<BufferPool>(keep));
    grouped.push_back(std::make_shared<GroupedBuffers>(keep, scratch));
    grouped.back()->packs = keep && c.toggles.mode == Mode::kInference &&
                            c.toggles.fusion != Fusion::kInductor &&
                            PackedWeights::canPack(device, compute);
  }
  if (keep && c.toggles.mode == Mode::kTrain)
    for (at::Tensor &leaf : leaves(layers)) leaf.mutable_grad() = at::zeros_like(leaf).detach();
}

at::Tensor Model::State::zeroedOutput(const at::Tensor &x, std::size_t index) {
  if (configuration.toggles.buffers == Buffers::kFresh) return at::zeros_like(x);
  at::Tensor &kept = outputs[index];
  if (!kept.defined() || kept.sizes() != x.sizes()) kept = at::empty_like(x).detach();
  return kept.detach().zero_();
}

RouterOptions Model::State::routerOptions() const {
  return {configuration.sizes.topK, configuration.balanceFactor, configuration.zFactor,
          configuration.toggles.mode == Mode::kTrain};
}

ExpertOptions Model::State::expertOptions() const {
  const Toggles &toggles = configuration.toggles;
  return {configuration.activation, toggles.checkpoint == Checkpoint::kSelective,
          toggles.inplace == Inplace::kOn && !at::GradMode::is_enabled()};
}

bool Model::State::byKernels(const at::Tensor &x) const {
  return x.is_cuda() && configuration.toggles.fusion == Fusion::kKernels &&
         configuration.toggles.dispatch == Dispatch::kGrouped;
}

Routing Model::State::route(const at::Tensor &x, std::size_t index) {
  const Range range("router");
  const RouterOptions options = routerOptions();
  if (configuration.toggles.fusion == Fusion::kKernels)
    return routeFused(x, layers[index].gate, options, routerPools[index]);
  return routeStock(x, layers[index].gate, options);
}

at::Tensor Model::State::dispatch(const at::Tensor &x, const Routing &routing, std::size_t index) {
  const Toggles &toggles = configuration.toggles;
  const LayerParameters &layer = layers[index];
  const ExpertOptions options = expertOptions();
  switch (toggles.dispatch) {
  case Dispatch::kNaive:
    return dispatchNaive(x.to(compute), routing, layer.up, layer.down, zeroedOutput(x, index),
                         options);
  case Dispatch::kStacked:
    return dispatchStacked(x.to(compute), routing, layer.up[0], layer.down[0],
                           zeroedOutput(x, index), options);
  case Dispatch::kDense:
    return dispatchDense(x.to(compute), routing, layer.up[0], layer.down[0], zeroedOutput(x, index),
                         options);
  case Dispatch::kGrouped: break;
  }
  return dispatchGrouped(x, routing, layer.up[0], layer.down[0], compute, grouped[index], options);
}

// {hidden} in inference, {hidden, router loss} in training.
std::vector<at::Tensor> Model::State::layer(const at::Tensor &x, std::size_t index) {
  const Range range(layerNames[index].c_str(), static_cast<std::int64_t>(index));
  if (compiled) return compiledLayer(x, index);
  if (byKernels(x)) return kernelLayer(x, index);
  const Routing routing = route(x, index);
  ids[index] = routing.ids.detach();
  counts[index] = routing.counts.detach();
  at::Tensor out = dispatch(x, routing, index);
  out = configuration.toggles.inplace == Inplace::kOn ? out.add_(x) : out + x;
  if (!routing.loss.defined()) return {out};
  return {out, routing.loss};
}

std::vector<at::Tensor> Model::State::kernelLayer(const at::Tensor &x, std::size_t index) {
  const KernelLayer layer =
      layerByKernels(x, layers[index], compute, grouped[index], routerOptions(), expertOptions());
  ids[index] = layer.ids;
  counts[index] = layer.ends;
  if (!layer.loss.defined()) return {layer.hidden};
  return {layer.hidden, layer.loss};
}

std::vector<at::Tensor> Model::State::compiledLayer(const at::Tensor &x, std::size_t index) {
  GroupedBuffers &b = *grouped[index];
  const at::Tensor up = inComputeType(layers[index].up[0], compute, true, b.stale, b.up);
  const at::Tensor down = inComputeType(layers[index].down[0], compute, true, b.stale, b.down);
  b.stale = false;
  const CompiledLayer::Output output = compiled->run(x, layers[index].gate.detach(), up, down);
  ids[index] = output.ids;
  counts[index] = output.counts;
  return {output.hidden};
}

std::vector<at::Tensor> Model::State::maybeCheckpointed(const at::Tensor &x, std::size_t index) {
  if (configuration.toggles.checkpoint != Checkpoint::kFull || !at::GradMode::is_enabled())
    return layer(x, index);
  return checkpointed(x, layers[index].gate,
                      [this, index](const at::Tensor &input) { return layer(input, index); });
}

Model::Model(const Configuration &configuration, at::ScalarType master, at::Device device,
             std::shared_ptr<CompiledLayer> compiled) {
  registerOperators();
  state_ = std::make_unique<State>(configuration, master, device);
  state_->compiled = std::move(compiled);
}

Model::~Model() = default;

Model::Output Model::forward(const at::Tensor &x) {
  Output output{x, {}};
  // Training changes the weights between two forward passes; a recomputed layer sees the same ones.
  if (state_->configuration.toggles.mode == Mode::kTrain)
    for (const auto &buffers : state_->grouped) buffers->stale = true;
  for (std::size_t i = 0; i < state_->layers.size(); ++i) {
    const std::vector<at::Tensor> next = state_->maybeCheckpointed(output.hidden, i);
    output.hidden = next[0];
    if (next.size() < 2) continue;
    output.routerLoss = i == 0 ? next[1] : output.routerLoss + next[1];
  }
  return output;
}

const std::vector<LayerParameters> &Model::parameters() const { return state_->layers; }
std::vector<at::Tensor> Model::lastIds() const {
  std::vector<at::Tensor> all;
  for (const at::Tensor &each : state_->ids)
    all.push_back(each.defined() ? each.to(at::kLong) : each);
  return all;
}

std::vector<at::Tensor> Model::lastCounts() const {
  std::vector<at::Tensor> all;
  for (const at::Tensor &each : state_->counts) {
    if (!each.defined() || each.scalar_type() == at::kLong)
      all.push_back(each);
    else
      all.push_back(
          at::diff(each.to(at::kLong), 1, 0, at::zeros({1}, each.options()).to(at::kLong)));
  }
  return all;
}

std::int64_t Model::weightCopyBytes() const {
  std::int64_t sum = 0;
  for (const auto &buffers : state_->grouped) {
    for (const at::Tensor &copy : {buffers->up, buffers->down})
      if (copy.defined()) sum += static_cast<std::int64_t>(copy.nbytes());
    sum += buffers->packedUp.bytes() + buffers->packedDown.bytes();
  }
  return sum;
}

std::int64_t Model::keptBytes() const {
  std::int64_t sum = weightCopyBytes();
  for (const at::Tensor &output : state_->outputs)
    if (output.defined()) sum += static_cast<std::int64_t>(output.nbytes());
  for (const auto &pool : state_->routerPools) sum += pool->bytes();
  for (const auto &buffers : state_->grouped) sum += buffers->layer.bytes();
  if (!state_->grouped.empty()) sum += state_->grouped[0]->scratch->bytes();
  return sum;
}

} // namespace hotloop::moe
