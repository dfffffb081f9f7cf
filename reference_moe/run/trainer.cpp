#include "reference_moe/run/trainer.h"

#include <unistd.h>

#include <algorithm>
#include <new>
#include <string>

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>

#include "reference_moe/model/marks.h"
#include "reference_moe/run/trainer_state.h"

namespace hotloop::moe {
namespace {

// LibTorch's messages carry a C++ backtrace after the first line.
std::string firstLine(const char *text) {
  const std::string_view all(text);
  return std::string(all.substr(0, all.find('\n')));
}

bool ranOutOfMemory(const std::exception &error) {
  if (dynamic_cast<const c10::OutOfMemoryError *>(&error) != nullptr ||
      dynamic_cast<const std::bad_alloc *>(&error) != nullptr)
    return true;
  const std::string_view text(error.what());
  return text.find("not enough memory") != text.npos || text.find("out of memory") != text.npos;
}

Error asError(const std::string &what, const std::exception &error, bool captured) {
  if (ranOutOfMemory(error))
    return unsupported("Out of memory while " + what + " (" + firstLine(error.what()) +
                       "); use --checkpoint full and --amp bf16, or lower --tokens, --experts or "
                       "--layers.");
  if (captured)
    return unsupported("The CUDA graph could not be captured while " + what + " (" +
                       firstLine(error.what()) + "); use --graph off.");
  return internalError(what + " failed: " + firstLine(error.what()));
}

std::int64_t bytesOf(const std::vector<at::Tensor> &tensors) {
  std::int64_t sum = 0;
  for (const at::Tensor &tensor : tensors)
    if (tensor.defined()) sum += static_cast<std::int64_t>(tensor.nbytes());
  return sum;
}

} // namespace

Machine probeMachine() {
  Machine machine;
  probeDevice(machine);
  machine.hostBytes = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
  return machine;
}

void setThreads(int threads) {
  if (threads > 0) at::set_num_threads(threads);
}

Trainer::Trainer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Trainer::~Trainer() = default;

Result<std::unique_ptr<Trainer>> Trainer::create(const Configuration &configuration) {
  std::shared_ptr<CompiledLayer> compiled;
  if (configuration.toggles.fusion == Fusion::kInductor) {
    HOTLOOP_ASSIGN(compiled, CompiledLayer::load(configuration));
  }
  try {
    return std::unique_ptr<Trainer>(
        new Trainer(std::make_unique<State>(configuration, std::move(compiled))));
  } catch (const std::exception &error) {
    return Unexpected(asError("making the model", error, false));
  }
}

Result<void> Trainer::step(std::int64_t index) {
  const std::string name = "step " + std::to_string(index);
  State &state = *state_;
  try {
    const DelayScope delays(state.configuration.delays, state.configuration.device);
    const Range range(name.c_str(), index);
    if (delaysActive) spendDelays("step");
    state.step(index);
  } catch (const std::exception &error) {
    return Unexpected(asError("running step " + std::to_string(index), error,
                              capturing() || (state.graphs && state.graphState.replayed)));
  }
  return {};
}

void Trainer::synchronize() {
  if (state_->configuration.device == Device::kCuda) synchronizeDevice();
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

// FNV-1a, 64 bits.
std::uint64_t Trainer::fingerprint() const {
  std::uint64_t hash = 14695981039346656037U;
  std::vector<at::Tensor> all = leaves(state_->model.parameters());
  all.push_back(state_->lastHidden);
  for (const at::Tensor &tensor : all) {
    if (!tensor.defined()) continue;
    const at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
    const auto *bytes = static_cast<const unsigned char *>(host.const_data_ptr());
    for (std::size_t i = 0; i < host.nbytes(); ++i) hash = (hash ^ bytes[i]) * 1099511628211U;
  }
  return hash;
}

double Trainer::lossScale() const {
  return state_->scaler ? state_->scaler->scale().item<double>() : 1;
}

Trainer::Persistent Trainer::persistent() const {
  const State &s = *state_;
  Persistent p;
  const std::vector<at::Tensor> parameters = leaves(s.model.parameters());
  p.weights = bytesOf(parameters);
  if (s.configuration.toggles.mode == Mode::kTrain)
    p.gradients = p.weights; // fp32, like the weights
  p.optimizer = s.optimizer.stateBytes();
  p.data = bytesOf(s.inputs) + bytesOf(s.targets) + bytesOf({s.lossHistory, s.firstLoss});
  for (const State::Bucket &bucket : s.buckets) p.data += bytesOf({bucket.input, bucket.target});
  p.weightCopies = s.model.weightCopyBytes();
  p.arena = s.model.keptBytes() - p.weightCopies + s.lossPool.bytes();
  return p;
}

std::int64_t Trainer::gradientBytesNow() const {
  std::int64_t sum = 0;
  for (const at::Tensor &leaf : leaves(state_->model.parameters()))
    if (leaf.grad().defined()) sum += static_cast<std::int64_t>(leaf.grad().nbytes());
  return sum;
}

Trainer::GraphState Trainer::graph() const { return state_->graphState; }

} // namespace hotloop::moe
