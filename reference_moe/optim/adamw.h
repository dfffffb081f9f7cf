#pragma once

#include <memory>
#include <vector>

#include <ATen/ATen.h>

#include "reference_moe/run/configuration.h"

namespace hotloop::moe {

// AdamW with decoupled weight decay (Loshchilov and Hutter 2019, as in torch.optim.AdamW), the same
// function in three forms:
//   single   a loop over the parameters, about ten small operators each
//   foreach  the same operators on lists: about a dozen for all parameters
//   fused    one operator; the step counters live beside the parameters
class AdamW {
public:
  struct Options {
    double learningRate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weightDecay = 1e-2;
  };

  AdamW(std::vector<at::Tensor> parameters, const Options &options, Optimizer form);

  // The .grad of every parameter; one that is missing is made, as zero. Changed in place by what
  // comes between backward and step (scaler, clipping).
  std::vector<at::Tensor> &gradients();

  // One update from gradients(), which is called first. `overflow` (0-d, 0 or 1; fused only): with
  // 1 nothing changes, decided on the device.
  void step(const at::Tensor &overflow = {});

  // Bytes of moments and counters.
  std::int64_t stateBytes() const;

  // keep: set to zero in place; else dropped, and made anew by the next backward pass.
  void clearGradients(bool keep);

private:
  void stepSingle();
  void stepForeach();
  void stepFused(const at::Tensor &overflow);

  std::vector<at::Tensor> parameters_, means_, squares_, counters_, gradients_;
  Options options_;
  Optimizer form_;
  std::int64_t count_ = 0;
};

} // namespace hotloop::moe
