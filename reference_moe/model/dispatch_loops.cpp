#include "reference_moe/model/dispatch.h"

#include <ATen/TensorIndexing.h>

#include "reference_moe/model/marks.h"

namespace hotloop::moe {
namespace {

// Adds the weighted output of one expert for the tokens that chose it.
void combine(at::Tensor &out, const at::Tensor &y, const at::Tensor &weights,
             const at::Tensor &token, const at::Tensor &slot) {
  const Range range("combine");
  const at::Tensor weight = weights.index({token, slot}).unsqueeze(1);
  out.index_add_(0, token, y.to(out.scalar_type()) * weight);
}

} // namespace

at::Tensor dispatchNaive(const at::Tensor &x, const Routing &routing,
                         const std::vector<at::Tensor> &up, const std::vector<at::Tensor> &down,
                         at::Tensor out, const ExpertOptions &options) {
  const Range range("experts");
  const auto experts = static_cast<std::int64_t>(up.size());
  const at::Tensor mask = at::one_hot(routing.ids, experts).permute({2, 1, 0});
  const at::Tensor hit = mask.sum({-1, -2}).greater(0).nonzero();
  for (std::int64_t i = 0; i < hit.size(0); ++i) {
    const auto expert = hit[i].item<std::int64_t>();
    const std::vector<at::Tensor> found = at::where(mask[expert]);
    const at::Tensor &slot = found[0], &token = found[1];
    const at::Tensor rows = x.index({token});
    const auto index = static_cast<std::size_t>(expert);
    const at::Tensor y = expertForward(rows, up[index].to(x.scalar_type()),
                                       down[index].to(x.scalar_type()), options);
    combine(out, y, routing.weights, token, slot);
  }
  return out;
}

at::Tensor dispatchStacked(const at::Tensor &x, const Routing &routing, const at::Tensor &up,
                           const at::Tensor &down, at::Tensor out, const ExpertOptions &options) {
  const Range range("experts");
  const at::Tensor mask = at::one_hot(routing.ids, up.size(0)).permute({2, 1, 0});
  const at::Tensor hit = mask.sum({-1, -2}).greater(0).nonzero().squeeze(1);
  const at::Tensor upCompute = up.to(x.scalar_type()), downCompute = down.to(x.scalar_type());
  for (const at::Tensor &expert : hit.unbind(0)) {
    // An index that is a 0-d tensor is read back to the host by each of these three.
    const std::vector<at::Tensor> found = at::where(mask.index({expert}));
    const at::Tensor upWeight = upCompute.index({expert});
    const at::Tensor downWeight = downCompute.index({expert});
    const at::Tensor &slot = found[0], &token = found[1];
    const at::Tensor y = expertForward(x.index({token}), upWeight, downWeight, options);
    combine(out, y, routing.weights, token, slot);
  }
  return out;
}

at::Tensor dispatchDense(const at::Tensor &x, const Routing &routing, const at::Tensor &up,
                         const at::Tensor &down, at::Tensor out, const ExpertOptions &options) {
  const std::int64_t experts = up.size(0), tokens = x.size(0);
  at::Tensor y;
  {
    const Range range("experts");
    const at::Tensor upCompute = up.to(x.scalar_type()), downCompute = down.to(x.scalar_type());
    // One product for the first layer of all experts: [T, E N], seen as [E, T, N].
    const at::Tensor h = at::linear(x, upCompute.reshape({experts * up.size(1), up.size(2)}))
                             .view({tokens, experts, up.size(1)})
                             .transpose(0, 1);
    y = activateAndProject(h, downCompute, options); // [E, T, d]
  }
  const Range range("combine");
  const at::Tensor dense = at::zeros({tokens, experts}, routing.weights.options())
                               .scatter(1, routing.ids, routing.weights);
  return out.add_((y.to(out.scalar_type()) * dense.t().unsqueeze(-1)).sum(0));
}

} // namespace hotloop::moe
