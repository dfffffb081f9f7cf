#include "reference_moe/optim/grad_scaler.h"

namespace hotloop::moe {

GradScaler::GradScaler(at::Device device, double scale, std::int64_t growthInterval)
    : growthInterval_(growthInterval) {
  const auto real = at::TensorOptions().dtype(at::kFloat).device(device);
  scale_ = at::full({}, scale, real);
  growth_ = at::zeros({}, real.dtype(at::kInt));
  overflow_ = at::zeros({}, real);
  inverse_ = at::empty({}, real);
}

void GradScaler::unscale(std::vector<at::Tensor> &gradients) {
  at::reciprocal_out(inverse_, scale_);
  overflow_.zero_();
  at::_amp_foreach_non_finite_check_and_unscale_(gradients, overflow_, inverse_);
}

void GradScaler::update() {
  at::_amp_update_scale_(scale_, growth_, overflow_, 2.0, 0.5, growthInterval_);
}

void clipGradients(std::vector<at::Tensor> &gradients, double limit) {
  const at::Tensor total = at::stack(at::_foreach_norm(gradients)).norm();
  at::_foreach_mul_(gradients, (limit / (total + 1e-6)).clamp_max_(1.0));
}

void clipGradientsOneByOne(std::vector<at::Tensor> &gradients, double limit) {
  std::vector<at::Tensor> norms;
  for (const at::Tensor &gradient : gradients) norms.push_back(gradient.norm());
  const double total = at::stack(norms).norm().item<double>();
  const double factor = limit / (total + 1e-6);
  if (factor >= 1) return;
  for (at::Tensor &gradient : gradients) gradient.mul_(factor);
}

} // namespace hotloop::moe
