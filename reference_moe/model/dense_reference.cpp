#include "reference_moe/model/dense_reference.h"

#include <cmath>

namespace hotloop::moe {

DenseReference::DenseReference(const std::vector<LayerParameters> &layers, const Configuration &c)
    : configuration(c) {
  const auto leaf = [](const at::Tensor &t) {
    return t.detach().to(at::kDouble).clone().requires_grad_(true);
  };
  for (const LayerParameters &layer : layers) {
    gate.push_back(leaf(layer.gate));
    up.push_back(leaf(layer.stackedUp()));
    down.push_back(leaf(layer.stackedDown()));
  }
}

DenseReference::Output DenseReference::forward(const at::Tensor &x,
                                               const std::vector<at::Tensor> &ids) const {
  const Sizes &s = configuration.sizes;
  Output output{x.to(at::kDouble), at::zeros({}, x.options().dtype(at::kDouble))};
  for (std::size_t i = 0; i < gate.size(); ++i) {
    const at::Tensor &h = output.hidden;
    const at::Tensor logits = at::matmul(h, gate[i].t());
    const at::Tensor p = at::softmax(logits, -1);
    const at::Tensor chosen = at::zeros_like(p).scatter(1, ids[i], 1.0); // [T, E] of 0 and 1
    const at::Tensor weights = p * chosen / (p * chosen).sum(-1, true);
    at::Tensor sum = h;
    for (std::int64_t e = 0; e < s.experts; ++e) {
      const at::Tensor pre = at::matmul(h, up[i][e].t());
      at::Tensor a;
      if (configuration.activation == Activation::kSwiglu) {
        const at::Tensor g = pre.narrow(1, 0, s.hidden);
        a = g / (1 + (-g).exp()) * pre.narrow(1, s.hidden, s.hidden);
      } else {
        a = pre * 0.5 * (1 + at::erf(pre / std::sqrt(2.0)));
      }
      sum = sum + at::matmul(a, down[i][e].t()) * weights.narrow(1, e, 1);
    }
    const auto tokens = static_cast<double>(x.size(0));
    const at::Tensor share = chosen.sum(0).detach() / (tokens * static_cast<double>(s.topK));
    const at::Tensor balance = (share * p.mean(0)).sum() * static_cast<double>(s.experts);
    const at::Tensor z = logits.exp().sum(-1).log().square().mean();
    output.routerLoss =
        output.routerLoss + balance * configuration.balanceFactor + z * configuration.zFactor;
    output.hidden = sum;
  }
  return output;
}

} // namespace hotloop::moe
