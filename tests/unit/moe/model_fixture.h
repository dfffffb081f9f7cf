#pragma once

#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "reference_moe/model/model.h"
#include "reference_moe/run/configuration.h"

namespace hotloop::moe {

// One forward and backward pass of a model, and how far it is from the dense reference in double.
struct Comparison {
  double output = 0; // relative error: |x - y| / |y|, Frobenius
  double loss = 0;   // |x - y|
  double gateGradient = 0, upGradient = 0, downGradient = 0; // relative errors, worst layer
  std::vector<at::Tensor> ids;
  double worstGradient() const;
};

// Sizes that are quick and awkward: no multiple of a vector or of a block.
Configuration smallConfiguration();

// Toggle values by name: with(c, {{"dispatch", "grouped"}}).
Configuration with(Configuration configuration,
                   std::initializer_list<std::pair<const char *, const char *>> toggles);

Comparison compareWithReference(const Configuration &configuration,
                                at::ScalarType master = at::kFloat);

double relativeError(const at::Tensor &x, const at::Tensor &y);

// The gradient of `parts` (one tensor, or one per expert) as one stacked tensor.
at::Tensor stackedGradient(const std::vector<at::Tensor> &parts);

// Every legal combination of training toggles on the CPU.
std::vector<Toggles> legalTrainingToggles();

// A subset that contains every legal pair of values of two toggles at least once.
std::vector<Toggles> pairwiseToggles();

} // namespace hotloop::moe
