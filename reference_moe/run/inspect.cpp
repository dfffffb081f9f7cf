#include "reference_moe/run/inspect.h"

#include <algorithm>
#include <string>

#include "reference_moe/model/dense_reference.h"
#include "reference_moe/model/model.h"
#include "reference_moe/run/trainer_state.h"

namespace hotloop::moe {
namespace {

double relativeError(const at::Tensor &x, const at::Tensor &y) {
  const at::Tensor difference = x.detach().to(at::kDouble) - y.detach();
  const double norm = y.detach().norm().item<double>();
  const double error = difference.norm().item<double>();
  return norm == 0 ? error : error / norm;
}

double calcDiff(const at::Tensor &x, const at::Tensor &y) {
  const at::Tensor a = x.detach().to(at::kDouble), b = y.detach();
  return 1 - 2 * (a * b).sum().item<double>() / ((a * a).sum() + (b * b).sum()).item<double>();
}

at::Tensor stackedGradient(const std::vector<at::Tensor> &parts) {
  const auto of = [](const at::Tensor &part) {
    return part.grad().defined() ? part.grad() : at::zeros_like(part).detach();
  };
  if (parts.size() == 1 && parts[0].dim() == 3) return of(parts[0]);
  std::vector<at::Tensor> gradients;
  for (const at::Tensor &part : parts) gradients.push_back(of(part));
  return at::stack(gradients);
}

at::Tensor inputOf(const Configuration &c, std::int64_t tokens, std::uint64_t seed) {
  at::Tensor x = randomNormal({tokens, c.sizes.dim}, c.seed + seed);
  if (c.skew != Skew::kUniform) x.select(1, 0).fill_(kSkewFeature);
  return x.to(deviceOf(c));
}

Result<std::shared_ptr<CompiledLayer>> compiledOf(const Configuration &c) {
  if (c.toggles.fusion != Fusion::kInductor) return std::shared_ptr<CompiledLayer>();
  return CompiledLayer::load(c);
}

struct Errors {
  double output = 0, difference = 0, gradient = 0;
  bool finite = true;
};

Errors errorsOf(const Configuration &c, std::shared_ptr<CompiledLayer> compiled) {
  const bool train = c.toggles.mode == Mode::kTrain;
  Model model(c, at::kFloat, deviceOf(c), std::move(compiled));
  const at::Tensor x = inputOf(c, c.sizes.tokens, 500), target = inputOf(c, c.sizes.tokens, 501);
  const at::AutoGradMode withGraph(train);
  const Model::Output got = model.forward(x);
  const at::Tensor hidden = got.hidden.detach().clone();
  const DenseReference reference(model.parameters(), c);
  const DenseReference::Output expected = reference.forward(x, model.lastIds());
  Errors errors;
  errors.output = relativeError(hidden, expected.hidden);
  errors.difference = calcDiff(hidden, expected.hidden);
  errors.finite = hidden.isfinite().all().item<bool>();
  if (!train) return errors;
  // fp16 gradients of a mean vanish below 6e-8: scaled as in training, and back.
  const double scale = c.toggles.amp == Amp::kFp16 ? 65536 : 1;
  ((at::mse_loss(got.hidden, target) + got.routerLoss) * scale).backward();
  (at::mse_loss(expected.hidden, target.to(at::kDouble)) + expected.routerLoss).backward();
  for (std::size_t i = 0; i < reference.gate.size(); ++i) {
    const LayerParameters &layer = model.parameters()[i];
    const std::pair<at::Tensor, at::Tensor> pairs[] = {
        {layer.gate.grad(), reference.gate[i].grad()},
        {stackedGradient(layer.up), reference.up[i].grad()},
        {stackedGradient(layer.down), reference.down[i].grad()}};
    for (const auto &[mine, exact] : pairs) {
      errors.gradient =
          std::max(errors.gradient, relativeError(mine.to(at::kDouble) / scale, exact));
      errors.finite = errors.finite && mine.isfinite().all().item<bool>();
    }
  }
  return errors;
}

template <class Body> auto guarded(const char *what, const Body &body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::exception &error) {
    const std::string_view text(error.what());
    return Unexpected(internalError(std::string(what) +
                                    " failed: " + std::string(text.substr(0, text.find('\n')))));
  }
}

} // namespace

double differenceBound(const Configuration &c) {
  return (c.toggles.amp == Amp::kOff ? 1e-10 : 1e-5) * static_cast<double>(c.sizes.layers);
}

Result<Accuracy> compareWithDouble(const Configuration &c) {
  HOTLOOP_ASSIGN(auto compiled, compiledOf(c));
  return guarded("The comparison with double precision", [&]() -> Result<Accuracy> {
    const Errors mine = errorsOf(c, compiled);
    Accuracy accuracy{mine.output, mine.difference, mine.gradient, 0, 0, mine.finite};
    Configuration peer = c;
    peer.toggles = Toggles{};
    peer.toggles.mode = c.toggles.mode;
    peer.toggles.amp = c.toggles.amp;
    const Errors naive = errorsOf(peer, nullptr);
    accuracy.peerOutput = naive.output;
    accuracy.peerGradient = naive.gradient;
    return accuracy;
  });
}

Result<double> dynamicBatchError(const Configuration &c) {
  if (c.toggles.fusion == Fusion::kInductor)
    return Unexpected(unsupported("a package is compiled for one number of tokens"));
  return guarded("The run with another number of tokens", [&]() -> Result<double> {
    Configuration forward = c;
    forward.toggles.mode = Mode::kInference;
    forward.toggles.checkpoint = Checkpoint::kOff;
    const at::NoGradGuard noGraph;
    Model model(forward, at::kFloat, deviceOf(c));
    model.forward(inputOf(c, c.sizes.tokens, 500));
    double worst = 0;
    for (const std::int64_t tokens : {c.sizes.tokens / 2 + 1, std::int64_t{1}}) {
      const at::Tensor x = inputOf(c, tokens, 502);
      const at::Tensor hidden = model.forward(x).hidden.clone();
      const DenseReference reference(model.parameters(), c);
      worst = std::max(worst, relativeError(hidden, reference.forward(x, model.lastIds()).hidden));
    }
    return worst;
  });
}

Result<bool> emptyExpertsGetZero(const Configuration &configuration) {
  return guarded("The run with empty experts", [&]() -> Result<bool> {
    Configuration c = configuration;
    c.skew = Skew::kOneHot;
    Model model(c, at::kFloat, deviceOf(c));
    const Model::Output output = model.forward(inputOf(c, c.sizes.tokens, 500));
    (output.hidden.square().sum() + output.routerLoss).backward();
    for (const LayerParameters &layer : model.parameters())
      for (const auto &parts : {layer.up, layer.down}) {
        const at::Tensor gradient = stackedGradient(parts);
        for (std::int64_t e = 0; e < c.sizes.experts; ++e) {
          const bool zero = gradient[e].eq(0).all().item<bool>();
          if (e >= c.sizes.topK && !zero) return false;
          if (e < c.sizes.topK && zero) return false; // nothing was tested then
        }
      }
    return true;
  });
}

Result<std::uint64_t> fingerprintAfter(const Configuration &configuration, std::int64_t steps) {
  HOTLOOP_ASSIGN(const auto trainer, Trainer::create(configuration));
  for (std::int64_t i = 0; i < steps; ++i) HOTLOOP_TRY(trainer->step(i));
  trainer->synchronize();
  return guarded("Reading the parameters back",
                 [&]() -> Result<std::uint64_t> { return trainer->fingerprint(); });
}

} // namespace hotloop::moe
