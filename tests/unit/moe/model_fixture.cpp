#include "tests/unit/moe/model_fixture.h"

#include <algorithm>
#include <set>
#include <tuple>

#include <gtest/gtest.h>

#include "reference_moe/model/dense_reference.h"
#include "reference_moe/run/names.h"

namespace hotloop::moe {
namespace {

using Pair = std::tuple<std::size_t, int, std::size_t, int>;

std::set<Pair> pairsOf(const Toggles &toggles) {
  const auto names = toggleNames();
  std::set<Pair> pairs;
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t j = i + 1; j < names.size(); ++j)
      pairs.insert({i, names[i].get(toggles), j, names[j].get(toggles)});
  return pairs;
}

void expand(std::size_t index, Toggles toggles, std::vector<Toggles> &all) {
  const auto names = toggleNames();
  if (index == names.size()) {
    if (toggles.mode == Mode::kTrain && whyIllegal(toggles, Device::kCpu, {}).empty())
      all.push_back(toggles);
    return;
  }
  const std::size_t values = names[index].meaningful(toggles) ? names[index].values.size() : 1;
  for (std::size_t value = 0; value < values; ++value) {
    names[index].set(toggles, static_cast<int>(value));
    expand(index + 1, toggles, all);
  }
}

} // namespace

double Comparison::worstGradient() const {
  return std::max({gateGradient, upGradient, downGradient});
}

Configuration smallConfiguration() {
  Configuration c;
  c.sizes = {.tokens = 37, .dim = 24, .hidden = 20, .experts = 7, .topK = 3, .layers = 2};
  c.balanceFactor = 0.1;
  c.zFactor = 0.05;
  return c;
}

Configuration with(Configuration configuration,
                   std::initializer_list<std::pair<const char *, const char *>> toggles) {
  for (const auto &[name, value] : toggles) {
    const Result<void> set = setToggle(configuration.toggles, name, value);
    EXPECT_TRUE(set) << name << "=" << value;
  }
  return configuration;
}

double relativeError(const at::Tensor &x, const at::Tensor &y) {
  const at::Tensor difference = x.detach().to(at::kDouble) - y.detach().to(at::kDouble);
  const double norm = y.detach().to(at::kDouble).norm().item<double>();
  const double error = difference.norm().item<double>();
  return norm == 0 ? error : error / norm;
}

at::Tensor stackedGradient(const std::vector<at::Tensor> &parts) {
  if (parts.size() == 1 && parts[0].dim() == 3) return parts[0].grad();
  std::vector<at::Tensor> gradients;
  for (const at::Tensor &part : parts)
    gradients.push_back(part.grad().defined() ? part.grad() : at::zeros_like(part).detach());
  return at::stack(gradients);
}

Comparison compareWithReference(const Configuration &c, at::ScalarType master) {
  Model model(c, master, at::kCPU);
  const at::Tensor x = randomNormal({c.sizes.tokens, c.sizes.dim}, c.seed + 500).to(master);
  const at::Tensor target = randomNormal({c.sizes.tokens, c.sizes.dim}, c.seed + 501).to(master);
  const Model::Output got = model.forward(x);
  Comparison comparison;
  for (const at::Tensor &ids : model.lastIds()) comparison.ids.push_back(ids.clone());
  const at::Tensor hidden = got.hidden.detach().clone();
  const at::Tensor loss = at::mse_loss(got.hidden, target) + got.routerLoss;
  // fp16 gradients of a mean vanish below 6e-8: scaled as in training, and back.
  const double scale = c.toggles.amp == Amp::kFp16 ? 4096 : 1;
  (loss * scale).backward();
  for (const at::Tensor &leaf : leaves(model.parameters()))
    if (leaf.grad().defined()) leaf.grad().div_(scale);

  const DenseReference reference(model.parameters(), c);
  const DenseReference::Output expected = reference.forward(x, comparison.ids);
  const at::Tensor expectedLoss =
      at::mse_loss(expected.hidden, target.to(at::kDouble)) + expected.routerLoss;
  expectedLoss.backward();

  comparison.output = relativeError(hidden, expected.hidden);
  comparison.loss = std::abs(loss.item<double>() - expectedLoss.item<double>());
  for (std::size_t i = 0; i < reference.gate.size(); ++i) {
    const LayerParameters &layer = model.parameters()[i];
    comparison.gateGradient = std::max(comparison.gateGradient,
                                       relativeError(layer.gate.grad(), reference.gate[i].grad()));
    comparison.upGradient = std::max(
        comparison.upGradient, relativeError(stackedGradient(layer.up), reference.up[i].grad()));
    comparison.downGradient =
        std::max(comparison.downGradient,
                 relativeError(stackedGradient(layer.down), reference.down[i].grad()));
  }
  return comparison;
}

std::vector<Toggles> legalTrainingToggles() {
  std::vector<Toggles> all;
  expand(0, {}, all);
  return all;
}

std::vector<Toggles> pairwiseToggles() {
  const std::vector<Toggles> all = legalTrainingToggles();
  std::set<Pair> missing;
  for (const Toggles &toggles : all) missing.merge(pairsOf(toggles));
  std::vector<Toggles> chosen;
  while (!missing.empty()) {
    const auto gain = [&](const Toggles &toggles) {
      const std::set<Pair> pairs = pairsOf(toggles);
      return std::count_if(pairs.begin(), pairs.end(),
                           [&](const Pair &pair) { return missing.contains(pair); });
    };
    const auto best = std::max_element(
        all.begin(), all.end(), [&](const auto &a, const auto &b) { return gain(a) < gain(b); });
    for (const Pair &pair : pairsOf(*best)) missing.erase(pair);
    chosen.push_back(*best);
  }
  return chosen;
}

} // namespace hotloop::moe
