#include "reference_moe/model/parameters.h"

#include <cmath>

#include <ATen/CPUGeneratorImpl.h>

namespace hotloop::moe {
namespace {

at::Tensor leaf(const at::Tensor &values, at::ScalarType master, at::Device device) {
  // clone: a slice of a stacked tensor must own its memory, like a module's parameter.
  return values.to(device, master, false, true).contiguous().clone().requires_grad_(true);
}

std::vector<at::Tensor> expertLeaves(const at::Tensor &stacked, Dispatch dispatch,
                                     at::ScalarType master, at::Device device) {
  if (dispatch != Dispatch::kNaive) return {leaf(stacked, master, device)};
  std::vector<at::Tensor> result;
  for (const at::Tensor &expert : stacked.unbind(0)) result.push_back(leaf(expert, master, device));
  return result;
}

at::Tensor stack(const std::vector<at::Tensor> &parts) {
  if (parts.size() == 1 && parts[0].dim() == 3) return parts[0].detach();
  std::vector<at::Tensor> plain;
  for (const at::Tensor &part : parts) plain.push_back(part.detach());
  return at::stack(plain);
}

// What the gate's first column must be, so that expert e gets tokens in proportion to 1 / (e + 1)
// (zipf), or the first top-k experts get all of them (one-hot).
at::Tensor skewOf(const Configuration &c) {
  const at::Tensor rank = at::arange(c.sizes.experts, at::kFloat);
  if (c.skew == Skew::kZipf) return (rank + 1).log().neg().div(kSkewFeature);
  return rank.lt(static_cast<double>(c.sizes.topK)).to(at::kFloat).mul(40 / kSkewFeature);
}

} // namespace

at::Tensor LayerParameters::stackedUp() const { return stack(up); }
at::Tensor LayerParameters::stackedDown() const { return stack(down); }

at::Tensor randomNormal(at::IntArrayRef shape, std::uint64_t seed) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed),
                   at::TensorOptions().dtype(at::kFloat));
}

std::vector<LayerParameters> makeParameters(const Configuration &configuration,
                                            at::ScalarType master, at::Device device) {
  const Sizes &s = configuration.sizes;
  const std::int64_t rows =
      configuration.activation == Activation::kSwiglu ? 2 * s.hidden : s.hidden;
  const double dimScale = 1.0 / std::sqrt(static_cast<double>(s.dim));
  const double hiddenScale = 1.0 / std::sqrt(static_cast<double>(s.hidden));
  const Dispatch dispatch = configuration.toggles.dispatch;
  std::vector<LayerParameters> layers;
  for (std::int64_t i = 0; i < s.layers; ++i) {
    const std::uint64_t seed = configuration.seed * 1000003 + static_cast<std::uint64_t>(i) * 3;
    LayerParameters layer;
    at::Tensor gate = randomNormal({s.experts, s.dim}, seed) * dimScale;
    if (configuration.skew != Skew::kUniform) gate.select(1, 0).copy_(skewOf(configuration));
    layer.gate = leaf(gate, master, device);
    layer.up = expertLeaves(randomNormal({s.experts, rows, s.dim}, seed + 1) * dimScale, dispatch,
                            master, device);
    layer.down = expertLeaves(randomNormal({s.experts, s.dim, s.hidden}, seed + 2) * hiddenScale,
                              dispatch, master, device);
    layers.push_back(std::move(layer));
  }
  return layers;
}

std::vector<at::Tensor> leaves(const std::vector<LayerParameters> &layers) {
  std::vector<at::Tensor> all;
  for (const LayerParameters &layer : layers) {
    all.push_back(layer.gate);
    all.insert(all.end(), layer.up.begin(), layer.up.end());
    all.insert(all.end(), layer.down.begin(), layer.down.end());
  }
  return all;
}

} // namespace hotloop::moe
