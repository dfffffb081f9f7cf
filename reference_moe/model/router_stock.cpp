#include "reference_moe/model/router.h"

namespace hotloop::moe {

Routing routeStock(const at::Tensor &x, const at::Tensor &gate, const RouterOptions &options) {
  const std::int64_t tokens = x.size(0), experts = gate.size(0);
  const at::Tensor logits = at::linear(x, gate);
  const at::Tensor probabilities = at::softmax(logits, -1);
  // A stable sort, because topk leaves the order of equal values open: ties go to the lowest id.
  const auto [sorted, order] = at::sort(logits, /*stable=*/true, -1, /*descending=*/true);

  Routing routing;
  routing.ids = order.narrow(1, 0, options.topK);
  const at::Tensor selected = probabilities.gather(1, routing.ids);
  routing.weights = selected / selected.sum(-1, /*keepdim=*/true);
  const at::Tensor flat = routing.ids.reshape({-1});
  routing.counts = at::zeros({experts}, flat.options()).scatter_add_(0, flat, at::ones_like(flat));
  if (!options.withLoss) return routing;

  const double scale = options.balanceFactor * static_cast<double>(experts) /
                       static_cast<double>(tokens * options.topK);
  const at::Tensor balance =
      (probabilities.mean(0) * routing.counts.to(logits.scalar_type())).sum() * scale;
  const at::Tensor z = at::logsumexp(logits, -1).square().mean() * options.zFactor;
  routing.loss = balance + z;
  return routing;
}

} // namespace hotloop::moe
