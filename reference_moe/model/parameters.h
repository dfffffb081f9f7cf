#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "reference_moe/run/configuration.h"

namespace hotloop::moe {

// The trainable tensors of one layer, all leaves in the master type (float; double in tests).
// N is hidden for GELU and 2 x hidden for SwiGLU (gate rows first, then up rows). No biases: the
// grouped product of LibTorch takes none.
struct LayerParameters {
  at::Tensor gate;              // [E, d]
  std::vector<at::Tensor> up;   // naive: E tensors [N, d]; every other dispatch: one [E, N, d]
  std::vector<at::Tensor> down; // naive: E tensors [d, I]; every other dispatch: one [E, d, I]

  at::Tensor stackedUp() const;   // [E, N, d] without history; a copy under naive
  at::Tensor stackedDown() const; // [E, d, I]
};

// Drawn from `seed` on the CPU, the same numbers whatever the dispatch, master type or device.
std::vector<LayerParameters> makeParameters(const Configuration &configuration,
                                            at::ScalarType master, at::Device device);

// --routing: the first feature of every token is this number, and the gate's first column makes of
// it what the skew adds to each expert's logit.
inline constexpr double kSkewFeature = 4;

// Every leaf, in a fixed order.
std::vector<at::Tensor> leaves(const std::vector<LayerParameters> &layers);

// [rows, columns] of N(0, 1) from a generator of its own; the same on every device.
at::Tensor randomNormal(at::IntArrayRef shape, std::uint64_t seed);

} // namespace hotloop::moe
