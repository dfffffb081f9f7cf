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
//
// With graphs (replaysGraph()) the first three steps of every number of tokens run eagerly on a
// side stream; the next one is captured, forward to optimizer, and from then on replayed. Inputs
// are copied to where the graph reads them, one copy each. All graphs share one memory pool.
//
// No LibTorch type shows; LibTorch's exceptions come back as errors: `unsupported` when memory ran
// out or the capture failed, else `internal`. One thread at a time.
class Trainer {
public:
  // The configuration must have passed check(). Opens the package of --fusion inductor.
  static Result<std::unique_ptr<Trainer>> create(const Configuration &configuration);
  ~Trainer();

  // One iteration inside an NVTX range "step <index>" with the index as payload. Reads nothing back
  // from the device, except what the dispatch, the naive scaler, per-parameter clipping and the
  // unsafe habits do. Indices run 0, 1, 2, ...
  Result<void> step(std::int64_t index);

  // Waits for the device (a no-op on the CPU).
  void synchronize();

  // Task loss (mean squared error) of the last `count` steps at most 4096 back, oldest first.
  // In inference: the mean square of the output. Waits for the device.
  std::vector<double> losses(std::int64_t count) const;
  double firstLoss() const; // of step 0

  // Tokens per expert of each layer in the last step. Waits for the device.
  std::vector<std::vector<std::int64_t>> tokensPerExpert() const;

  // The parameters and the last output as bytes, to tell whether two runs are bit-equal.
  std::uint64_t fingerprint() const;

  double lossScale() const; // of --amp fp16; else 1. Waits for the device.

  // What is there for the whole training, and is no activation.
  struct Persistent {
    std::int64_t weights = 0, gradients = 0, optimizer = 0, data = 0; // bytes
    std::int64_t weightCopies = 0; // in the compute type, under --buffers reuse
    std::int64_t arena = 0;        // kept work memory: activations
    std::int64_t sum() const { return weights + gradients + optimizer + data + weightCopies; }
  };
  Persistent persistent() const;

  // Of the gradients, what is there now: under --buffers fresh none between two steps.
  std::int64_t gradientBytesNow() const;

  struct GraphState {
    std::int64_t graphs = 0, kernels = 0, nodes = 0; // of the graph of the last step
    bool replayed = false;                           // the last step was a replay
  };
  GraphState graph() const;

private:
  struct State;
  explicit Trainer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace hotloop::moe
