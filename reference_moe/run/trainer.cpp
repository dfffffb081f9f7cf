#include "reference_moe/run/trainer.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/DeviceGuard.h>

#include "reference_moe/model/marks.h"
#include "reference_moe/model/model.h"
#include "reference_moe/optim/adamw.h"
#include "reference_moe/run/unsafe_habits.h"

namespace hotloop::moe {
namespace {

constexpr std::int64_t kBatches = 4;
constexpr std::int64_t kLossHistory = 4096;

at::Device deviceOf(const Configuration &configuration) {
  return configuration.device == Device::kCuda ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
}

// LibTorch's messages carry a C++ backtrace after the first line.
std::string firstLine(const char *text) {
  const std::string_view all(text);
  return std::string(all.substr(0, all.find('\n')));
}

} // namespace

Machine probeMachine() {
  Machine machine;
  machine.cuda = at::hasCUDA();
  if (!machine.cuda)
    machine.whyNoCuda = "LibTorch finds no CUDA device on this machine (no GPU, no driver, or a "
                        "LibTorch built for the CPU)";
  return machine;
}

void setThreads(int threads) {
  if (threads > 0) at::set_num_threads(threads);
}

struct Trainer::State {
  explicit State(const Configuration &c)
      : configuration(c), model(c, at::kFloat, deviceOf(c)),
        optimizer(leaves(model.parameters()), {.learningRate = c.learningRate},
                  c.toggles.optimizer) {
    const Sizes &s = c.sizes;
    const at::Tensor teacher = randomNormal({s.dim, s.dim}, c.seed + 11) / std::sqrt(double(s.dim));
    for (std::int64_t i = 0; i < kBatches; ++i) {
      const at::Tensor x = randomNormal({s.tokens, s.dim}, c.seed + 100 + std::uint64_t(i));
      inputs.push_back(x.to(deviceOf(c)));
      targets.push_back(at::tanh(at::matmul(x, teacher)).to(deviceOf(c)));
    }
    lossHistory = at::zeros({kLossHistory}, inputs[0].options());
    firstLoss = at::zeros({}, inputs[0].options());
  }

  void train(std::int64_t index);
  void infer(std::int64_t index);
  void doHabits(const at::Tensor &hidden, const at::Tensor &loss, std::int64_t index);
  void keepLoss(const at::Tensor &loss, std::int64_t index);
  void markTokens();

  Configuration configuration;
  Model model;
  AdamW optimizer;
  std::vector<at::Tensor> inputs, targets; // kBatches of [T, d]
  at::Tensor lossHistory;                  // a ring of kLossHistory values on the device
  at::Tensor firstLoss;                    // 0-d, on the device
  std::vector<at::Tensor> list;            // of the growing-list habit
  at::Tensor sampledCounts;                // [layers, E] on the host, filled without waiting
  std::int64_t stepsDone = 0;
};

void Trainer::State::keepLoss(const at::Tensor &loss, std::int64_t index) {
  lossHistory.select(0, index % kLossHistory).copy_(loss, /*non_blocking=*/true);
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
  const std::vector<at::Tensor> &counts = model.lastCounts();
  if (!sampledCounts.defined()) {
    const bool cuda = configuration.device == Device::kCuda;
    sampledCounts = at::zeros({configuration.sizes.layers, configuration.sizes.experts},
                              at::TensorOptions().dtype(at::kLong).pinned_memory(cuda));
  } else if (configuration.device == Device::kCuda) {
    const auto *values = sampledCounts.const_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < sampledCounts.numel(); ++i)
      markValue("tokens per expert", values[i]);
  }
  for (std::size_t layer = 0; layer < counts.size(); ++layer)
    sampledCounts[static_cast<std::int64_t>(layer)].copy_(counts[layer], /*non_blocking=*/true);
  if (configuration.device == Device::kCuda) return;
  const auto *values = sampledCounts.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < sampledCounts.numel(); ++i)
    markValue("tokens per expert", values[i]);
}

void Trainer::State::train(std::int64_t index) {
  const auto batch = static_cast<std::size_t>(index % kBatches);
  Model::Output output;
  at::Tensor task, loss;
  {
    const Range range("forward");
    output = model.forward(inputs[batch]);
    task = at::mse_loss(output.hidden, targets[batch]);
    loss = task + output.routerLoss;
  }
  const at::NoGradGuard noGradients;
  keepLoss(task.detach(), index);
  doHabits(output.hidden.detach(), task.detach(), index);
  {
    const Range range("backward");
    loss.backward();
  }
  const Range range("optimizer");
  optimizer.step();
  optimizer.clearGradients(configuration.toggles.buffers == Buffers::kReuse);
}

void Trainer::State::infer(std::int64_t index) {
  const at::NoGradGuard noGradients;
  const auto batch = static_cast<std::size_t>(index % kBatches);
  Model::Output output;
  {
    const Range range("forward");
    output = model.forward(inputs[batch]);
  }
  const at::Tensor meanSquare = output.hidden.square().mean();
  keepLoss(meanSquare, index);
  doHabits(output.hidden, meanSquare, index);
}

Trainer::Trainer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Trainer::~Trainer() = default;

Result<std::unique_ptr<Trainer>> Trainer::create(const Configuration &configuration) {
  try {
    return std::unique_ptr<Trainer>(new Trainer(std::make_unique<State>(configuration)));
  } catch (const std::exception &error) {
    return Unexpected(internalError("The model could not be made: " + firstLine(error.what())));
  }
}

Result<void> Trainer::step(std::int64_t index) {
  const std::string name = "step " + std::to_string(index);
  const Range range(name.c_str());
  try {
    State &state = *state_;
    state.configuration.toggles.mode == Mode::kTrain ? state.train(index) : state.infer(index);
    const int every = state.configuration.sampleEvery;
    if (every > 0 && index % every == 0) state.markTokens();
    state.stepsDone = index + 1;
  } catch (const std::exception &error) {
    return Unexpected(
        internalError("Step " + std::to_string(index) + " failed: " + firstLine(error.what())));
  }
  return {};
}

void Trainer::synchronize() {
  // Reading one value back waits for everything before it on the same stream.
  if (state_->configuration.device == Device::kCuda) state_->lossHistory[0].item<float>();
}

std::vector<double> Trainer::losses(std::int64_t count) const {
  count = std::min({count, state_->stepsDone, kLossHistory});
  const at::Tensor values = state_->lossHistory.to(at::kCPU, at::kDouble);
  std::vector<double> result;
  for (std::int64_t i = state_->stepsDone - count; i < state_->stepsDone; ++i)
    result.push_back(values.const_data_ptr<double>()[i % kLossHistory]);
  return result;
}

double Trainer::firstLoss() const { return state_->firstLoss.item<double>(); }

std::vector<std::vector<std::int64_t>> Trainer::tokensPerExpert() const {
  std::vector<std::vector<std::int64_t>> result;
  for (const at::Tensor &counts : state_->model.lastCounts()) {
    if (!counts.defined()) continue;
    const at::Tensor host = counts.to(at::kCPU).contiguous();
    const auto *values = host.const_data_ptr<std::int64_t>();
    result.emplace_back(values, values + host.numel());
  }
  return result;
}

} // namespace hotloop::moe
