#include <algorithm>
#include <cmath>
#include <string>

#include "reference_moe/model/marks.h"
#include "reference_moe/model/mean_square.h"
#include "reference_moe/run/memory_log.h"
#include "reference_moe/run/trainer_state.h"
#include "reference_moe/run/unsafe_habits.h"

namespace hotloop::moe {

at::Device deviceOf(const Configuration &configuration) {
  return configuration.device == Device::kCuda ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
}

Trainer::State::State(const Configuration &c, std::shared_ptr<CompiledLayer> compiled)
    : configuration(c), graphs(replaysGraph(c.toggles, c.device)),
      model(c, at::kFloat, deviceOf(c), std::move(compiled)),
      optimizer(c.toggles.mode == Mode::kTrain ? leaves(model.parameters())
                                               : std::vector<at::Tensor>{},
                {.learningRate = c.learningRate}, c.toggles.optimizer) {
  const Sizes &s = c.sizes;
  const at::Device device = deviceOf(c);
  // In double, then rounded: a product in float need not be the same in two processes.
  const at::Tensor teacher =
      randomNormal({s.dim, s.dim}, c.seed + 11).to(at::kDouble) / std::sqrt(double(s.dim));
  for (std::int64_t i = 0; i < kBatches; ++i) {
    at::Tensor x = randomNormal({s.tokens, s.dim}, c.seed + 100 + std::uint64_t(i));
    if (c.skew != Skew::kUniform) x.select(1, 0).fill_(kSkewFeature);
    inputs.push_back(x.to(device));
    if (c.toggles.mode == Mode::kTrain)
      targets.push_back(at::tanh(at::matmul(x.to(at::kDouble), teacher)).to(device, at::kFloat));
  }
  lossHistory = at::zeros({kLossHistory}, inputs[0].options());
  firstLoss = at::zeros({}, inputs[0].options());
  if (c.toggles.amp == Amp::kFp16 && c.toggles.mode == Mode::kTrain) scaler.emplace(device);
  if (!graphs) return;
  cursor = at::zeros({1}, inputs[0].options().dtype(at::kLong));
  pool.emplace();
}

std::int64_t Trainer::State::tokensOf(std::int64_t index) const {
  const std::vector<std::int64_t> &cycle = configuration.tokenCycle;
  if (cycle.empty()) return configuration.sizes.tokens;
  return cycle[static_cast<std::size_t>(index) % cycle.size()];
}

// In a graph the place in the ring must come from the device: the host's index would be frozen.
void Trainer::State::keepLoss(const at::Tensor &loss, std::int64_t index) {
  if (graphs) {
    lossHistory.index_copy_(0, cursor, loss.reshape({1}));
    cursor.add_(1).remainder_(kLossHistory);
  } else {
    lossHistory.select(0, index % kLossHistory).copy_(loss, /*non_blocking=*/true);
  }
  if (index == 0) firstLoss.copy_(loss, /*non_blocking=*/true);
}

void Trainer::State::doHabits(const at::Tensor &hidden, const at::Tensor &loss,
                              std::int64_t index) {
  const auto wants = [&](Unsafe habit) {
    return configuration.unsafe[static_cast<std::size_t>(habit)];
  };
  if (wants(Unsafe::kItem)) unsafe::readScalar(loss);
  if (wants(Unsafe::kPrint)) unsafe::printTensor(hidden);
  if (wants(Unsafe::kBranch)) unsafe::branchOnValue(hidden);
  if (wants(Unsafe::kGrowingList)) unsafe::growList(list, loss);
  if (wants(Unsafe::kVaryingShape)) unsafe::allocateVaryingShape(hidden, index);
  if (wants(Unsafe::kBooleanMask)) unsafe::selectByMask(hidden);
}

// Marks the counts of the sample before this one and copies the next, so that nothing waits.
void Trainer::State::markTokens() {
  const bool cuda = configuration.device == Device::kCuda;
  const auto mark = [&] {
    const auto *values = sampledCounts.const_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < sampledCounts.numel(); ++i)
      markValue("tokens per expert", values[i]);
  };
  if (!sampledCounts.defined())
    sampledCounts = at::zeros({configuration.sizes.layers, configuration.sizes.experts},
                              at::TensorOptions().dtype(at::kLong).pinned_memory(cuda));
  if (cuda && sampled) mark();
  sampled = true;
  const std::vector<at::Tensor> counts = model.lastCounts();
  for (std::size_t layer = 0; layer < counts.size(); ++layer)
    sampledCounts[static_cast<std::int64_t>(layer)].copy_(counts[layer], /*non_blocking=*/true);
  if (!cuda) mark();
}

void Trainer::State::train(const at::Tensor &input, const at::Tensor &target, std::int64_t index) {
  Model::Output output;
  at::Tensor task, loss;
  {
    const Range range("forward");
    output = model.forward(input);
    const Range lossRange("loss");
    task = configuration.toggles.buffers == Buffers::kReuse
               ? meanSquareInPlace(output.hidden, target, lossPool)
               : at::mse_loss(output.hidden, target);
    loss = task + output.routerLoss;
    if (scaler) loss = scaler->scaled(loss);
  }
  const at::NoGradGuard noGradients;
  lastHidden = output.hidden.detach();
  keepLoss(task.detach(), index);
  doHabits(lastHidden, task.detach(), index);
  task = at::Tensor(); // LibTorch leaves the squares of all differences in its memory
  {
    const Range range("backward");
    loss.backward();
  }
  update();
}

// Scaler, clipping, optimizer.
void Trainer::State::update() {
  const Toggles &toggles = configuration.toggles;
  if (scaler || configuration.clip > 0) {
    const Range range("clip");
    std::vector<at::Tensor> &gradients = optimizer.gradients();
    if (scaler) scaler->unscale(gradients);
    if (configuration.clip > 0)
      toggles.optimizer == Optimizer::kSingle ? clipGradientsOneByOne(gradients, configuration.clip)
                                              : clipGradients(gradients, configuration.clip);
  }
  const Range range("optimizer");
  if (!scaler)
    optimizer.step();
  else if (toggles.scaler == Scaler::kDevice)
    optimizer.step(scaler->overflow());
  else if (scaler->overflow().item<float>() == 0) // what torch.amp.GradScaler.step does
    optimizer.step();
  if (scaler) scaler->update();
  if (MemoryLog::lives()) MemoryLog::gradientsAre(optimizer.gradients());
  optimizer.clearGradients(toggles.buffers == Buffers::kReuse);
}

void Trainer::State::infer(const at::Tensor &input, std::int64_t index) {
  const at::NoGradGuard noGradients;
  Model::Output output;
  {
    const Range range("forward");
    output = model.forward(input);
  }
  const Range range("loss");
  lastHidden = output.hidden;
  const at::Tensor meanSquare = output.hidden.square().mean();
  keepLoss(meanSquare, index);
  doHabits(output.hidden, meanSquare, index);
}

void Trainer::State::run(const at::Tensor &input, const at::Tensor &target, std::int64_t index) {
  configuration.toggles.mode == Mode::kTrain ? train(input, target, index) : infer(input, index);
}

Trainer::State::Bucket &Trainer::State::bucketOf(std::int64_t tokens) {
  for (Bucket &bucket : buckets)
    if (bucket.tokens == tokens) return bucket;
  Bucket bucket;
  bucket.tokens = tokens;
  bucket.input = at::empty({tokens, configuration.sizes.dim}, inputs[0].options());
  if (!targets.empty()) bucket.target = at::empty_like(bucket.input);
  buckets.push_back(std::move(bucket));
  return buckets.back();
}

void Trainer::State::runGraphed(std::int64_t index) {
  const auto batch = static_cast<std::size_t>(index % kBatches);
  const std::int64_t tokens = tokensOf(index);
  Bucket &bucket = bucketOf(tokens);
  bucket.input.copy_(inputs[batch].narrow(0, 0, tokens), /*non_blocking=*/true);
  if (!targets.empty())
    bucket.target.copy_(targets[batch].narrow(0, 0, tokens), /*non_blocking=*/true);
  graphState.replayed = bucket.graph != nullptr || bucket.eagerSteps >= kEagerSteps;
  if (bucket.graph == nullptr && bucket.eagerSteps < kEagerSteps) {
    ++bucket.eagerSteps;
    run(bucket.input, bucket.target, index);
    return;
  }
  if (bucket.graph == nullptr) {
    // Gradients of the eager steps would be written outside of the graph's memory.
    bucket.graph = std::make_unique<CapturedGraph>(
        *pool, [&] { run(bucket.input, bucket.target, std::max<std::int64_t>(index, 1)); });
    bucket.hidden = lastHidden;
    ++graphState.graphs;
  }
  bucket.graph->replay();
  lastHidden = bucket.hidden;
  graphState.kernels = bucket.graph->kernels();
  graphState.nodes = bucket.graph->nodes();
}

void Trainer::State::step(std::int64_t index) {
  const StreamScope stream(graphs);
  if (graphs) {
    runGraphed(index);
  } else {
    const auto batch = static_cast<std::size_t>(index % kBatches);
    const std::int64_t tokens = tokensOf(index);
    const auto part = [&](const at::Tensor &all) {
      return tokens == all.size(0) ? all : all.narrow(0, 0, tokens);
    };
    run(part(inputs[batch]), targets.empty() ? at::Tensor() : part(targets[batch]), index);
  }
  const int every = configuration.sampleEvery;
  if (every > 0 && index % every == 0) markTokens();
  stepsDone = index + 1;
}

} // namespace hotloop::moe
