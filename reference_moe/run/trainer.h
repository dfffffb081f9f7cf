#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/result.h"
#include "reference_moe/run/configuration.h"

namespace hotloop::moe {

// What this build and machine can do.
Machine probeMachine();

// Sets LibTorch's threads inside one operator for the whole process; 0 leaves its own choice.
void setThreads(int threads);

// The hot loop of the reference: a model, its data and its optimizer, one step at a time. Training
// fits the model to a fixed random function of four batches; inference runs them forward.
// No LibTorch type shows; LibTorch's exceptions come back as errors. One thread at a time.
class Trainer {
public:
  // The configuration must have passed check().
  static Result<std::unique_ptr<Trainer>> create(const Configuration &configuration);
  ~Trainer();

  // One iteration inside an NVTX range "step <index>". Reads nothing back from the device, except
  // what the dispatch and the unsafe habits do. Indices run 0, 1, 2, ...
  Result<void> step(std::int64_t index);

  // Waits for the device (a no-op on the CPU).
  void synchronize();

  // Task loss (mean squared error) of the last `count` steps at most 4096 back, oldest first.
  // In inference: the mean square of the output. Waits for the device.
  std::vector<double> losses(std::int64_t count) const;
  double firstLoss() const; // of step 0

  // Tokens per expert of each layer in the last step. Waits for the device.
  std::vector<std::vector<std::int64_t>> tokensPerExpert() const;

private:
  struct State;
  explicit Trainer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace hotloop::moe
