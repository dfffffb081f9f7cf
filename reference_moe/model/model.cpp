#include "reference_moe/model/model.h"

#include <string>

#include "reference_moe/model/checkpoint.h"
#include "reference_moe/model/dispatch.h"
#include "reference_moe/model/marks.h"
#include "reference_moe/model/operators.h"

namespace hotloop::moe {

struct Model::State {
  State(const Configuration &c, at::ScalarType master, at::Device device);
  at::Tensor zeroedOutput(const at::Tensor &x, std::size_t index);
  Routing route(const at::Tensor &x, std::size_t index);
  at::Tensor dispatch(const at::Tensor &x, const Routing &routing, std::size_t index);
  std::vector<at::Tensor> layer(const at::Tensor &x, std::size_t index);
  std::vector<at::Tensor> maybeCheckpointed(const at::Tensor &x, std::size_t index);

  Configuration configuration;
  at::ScalarType compute;
  std::vector<LayerParameters> layers;
  std::vector<std::string> layerNames;
  std::vector<at::Tensor> outputs; // kept under --buffers reuse
  std::vector<std::shared_ptr<BufferPool>> routerPools;
  std::vector<std::shared_ptr<GroupedBuffers>> grouped;
  std::vector<at::Tensor> ids, counts;
};

Model::State::State(const Configuration &c, at::ScalarType master, at::Device device)
    : configuration(c), compute(c.toggles.amp == Amp::kBf16 ? at::kBFloat16 : master),
      layers(makeParameters(c, master, device)), outputs(layers.size()), ids(layers.size()),
      counts(layers.size()) {
  const bool keep = c.toggles.buffers == Buffers::kReuse;
  const auto scratch = std::make_shared<BufferPool>(keep);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layerNames.push_back("layer " + std::to_string(i));
    routerPools.push_back(std::make_shared<BufferPool>(keep));
    grouped.push_back(std::make_shared<GroupedBuffers>(keep, scratch));
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

Routing Model::State::route(const at::Tensor &x, std::size_t index) {
  const Range range("router");
  const RouterOptions options{configuration.sizes.topK, configuration.balanceFactor,
                              configuration.zFactor, configuration.toggles.mode == Mode::kTrain};
  if (configuration.toggles.fusion == Fusion::kKernels)
    return routeFused(x, layers[index].gate, options, routerPools[index]);
  return routeStock(x, layers[index].gate, options);
}

at::Tensor Model::State::dispatch(const at::Tensor &x, const Routing &routing, std::size_t index) {
  const Toggles &toggles = configuration.toggles;
  const LayerParameters &layer = layers[index];
  const ExpertOptions options{configuration.activation,
                              toggles.checkpoint == Checkpoint::kSelective,
                              toggles.inplace == Inplace::kOn && !at::GradMode::is_enabled()};
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
  const Range range(layerNames[index].c_str());
  const Routing routing = route(x, index);
  ids[index] = routing.ids.detach();
  counts[index] = routing.counts.detach();
  at::Tensor out = dispatch(x, routing, index);
  out = configuration.toggles.inplace == Inplace::kOn ? out.add_(x) : out + x;
  if (!routing.loss.defined()) return {out};
  return {out, routing.loss};
}

std::vector<at::Tensor> Model::State::maybeCheckpointed(const at::Tensor &x, std::size_t index) {
  if (configuration.toggles.checkpoint != Checkpoint::kFull || !at::GradMode::is_enabled())
    return layer(x, index);
  return checkpointed(x, layers[index].gate,
                      [this, index](const at::Tensor &input) { return layer(input, index); });
}

Model::Model(const Configuration &configuration, at::ScalarType master, at::Device device) {
  registerOperators();
  state_ = std::make_unique<State>(configuration, master, device);
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
const std::vector<at::Tensor> &Model::lastIds() const { return state_->ids; }
const std::vector<at::Tensor> &Model::lastCounts() const { return state_->counts; }

} // namespace hotloop::moe
