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

  // One update from the .grad of every parameter; one that is missing counts as zero.
  void step();

  // keep: set to zero in place; else dropped, and made anew by the next backward pass.
  void clearGradients(bool keep);

private:
  void stepSingle();
  void stepForeach();
  void stepFused();

  std::vector<at::Tensor> parameters_, means_, squares_, counters_, gradients_;
  Options options_;
  Optimizer form_;
  std::int64_t count_ = 0;
};

} // namespace hotloop::moe
