#include "reference_moe/model/model.h"

#include "reference_moe/model/dispatch.h"
#include "reference_moe/model/marks.h"

namespace hotloop::moe {

struct Model::State {
  Configuration configuration;
  at::ScalarType compute;
  std::vector<LayerParameters> layers;
  std::vector<std::string> layerNames;
  std::vector<at::Tensor> outputs; // kept under --buffers reuse
  std::vector<at::Tensor> ids, counts;

  at::Tensor zeroedOutput(const at::Tensor &x, std::size_t index);
  Routing route(const at::Tensor &x, std::size_t index);
  at::Tensor dispatch(const at::Tensor &x, const Routing &routing, std::size_t index);
  Model::Output layer(const at::Tensor &x, std::size_t index);
};

at::Tensor Model::State::zeroedOutput(const at::Tensor &x, std::size_t index) {
  if (configuration.toggles.buffers == Buffers::kFresh) return at::zeros_like(x);
  at::Tensor &kept = outputs[index];
  if (!kept.defined()) kept = at::empty_like(x);
  return kept.detach().zero_();
}

Routing Model::State::route(const at::Tensor &x, std::size_t index) {
  const Range range("router");
  const RouterOptions options{configuration.sizes.topK, configuration.balanceFactor,
                              configuration.zFactor,
                              configuration.toggles.mode == Mode::kTrain};
  return routeStock(x, layers[index].gate, options);
}

at::Tensor Model::State::dispatch(const at::Tensor &x, const Routing &routing, std::size_t index) {
  const Toggles &toggles = configuration.toggles;
  const LayerParameters &layer = layers[index];
  const at::Tensor input = x.to(compute);
  const ExpertOptions options{configuration.activation,
                              toggles.checkpoint == Checkpoint::kSelective,
                              toggles.inplace == Inplace::kOn && !at::GradMode::is_enabled()};
  at::Tensor out = zeroedOutput(x, index);
  switch (toggles.dispatch) {
  case Dispatch::kNaive: return dispatchNaive(input, routing, layer.up, layer.down, out, options);
  case Dispatch::kStacked:
    return dispatchStacked(input, routing, layer.up[0], layer.down[0], out, options);
  case Dispatch::kDense:
  case Dispatch::kGrouped: break;
  }
  return dispatchDense(input, routing, layer.up[0], layer.down[0], out, options);
}

Model::Output Model::State::layer(const at::Tensor &x, std::size_t index) {
  const Range range(layerNames[index].c_str());
  const Routing routing = route(x, index);
  ids[index] = routing.ids;
  counts[index] = routing.counts;
  at::Tensor out = dispatch(x, routing, index);
  out = configuration.toggles.inplace == Inplace::kOn ? out.add_(x) : out + x;
  return {out, routing.loss};
}

Model::Model(const Configuration &configuration, at::ScalarType master, at::Device device)
    : state_(std::make_unique<State>()) {
  state_->configuration = configuration;
  state_->compute = configuration.toggles.amp == Amp::kBf16 ? at::kBFloat16 : master;
  state_->layers = makeParameters(configuration, master, device);
  const std::size_t count = state_->layers.size();
  for (std::size_t i = 0; i < count; ++i)
    state_->layerNames.push_back("layer " + std::to_string(i));
  state_->outputs.resize(count);
  state_->ids.resize(count);
  state_->counts.resize(count);
}

Model::~Model() = default;

Model::Output Model::forward(const at::Tensor &x) {
  Output output{x, {}};
  for (std::size_t i = 0; i < state_->layers.size(); ++i) {
    Output next = state_->layer(output.hidden, i);
    output.hidden = next.hidden;
    if (!next.routerLoss.defined()) continue;
    output.routerLoss =
        output.routerLoss.defined() ? output.routerLoss + next.routerLoss : next.routerLoss;
  }
  return output;
}

const std::vector<LayerParameters> &Model::parameters() const { return state_->layers; }
const std::vector<at::Tensor> &Model::lastIds() const { return state_->ids; }
const std::vector<at::Tensor> &Model::lastCounts() const { return state_->counts; }

} // namespace hotloop::moe
