#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "reference_moe/run/configuration.h"

// Whether a configuration computes what it should. No LibTorch type shows; LibTorch's exceptions
// come back as errors. Everything runs on the configuration's device.
namespace hotloop::moe {

// One forward (in training also backward) pass against the dense model in double, which is told
// where every token goes, so that rounding cannot send one elsewhere.
struct Accuracy {
  double output = 0;     // |x - y| / |y|, Frobenius
  double difference = 0; // 1 - 2 <x, y> / (<x, x> + <y, y>), of the output
  double gradient = 0;   // of the worst parameter, |x - y| / |y|; 0 in inference
  double peerOutput = 0; // the same of the naive loop in the same number format
  double peerGradient = 0;
  bool finite = true;
};
Result<Accuracy> compareWithDouble(const Configuration &configuration);

// The bound of the output's `difference`: per layer 1e-10 in fp32, 1e-5 in bf16 and fp16.
double differenceBound(const Configuration &configuration);

// Relative error of the output for fewer tokens, run on a model that has seen the full number: the
// worst of T / 2 + 1 and 1. A package has one shape: see the error.
Result<double> dynamicBatchError(const Configuration &configuration);

// All tokens to top-k experts: whether the gradients of all other experts are exactly zero.
Result<bool> emptyExpertsGetZero(const Configuration &configuration);

// The fingerprint of a trainer after this many steps.
Result<std::uint64_t> fingerprintAfter(const Configuration &configuration, std::int64_t steps);

} // namespace hotloop::moe
