#pragma once

#include <vector>

#include <ATen/ATen.h>

namespace hotloop::moe {

// Loss scaling for fp16 (Micikevicius et al. 2018, as torch.amp.GradScaler): the scale doubles
// after 2000 steps without an overflow and halves after each one. The scale, the counter and the
// overflow flag live on the device of the parameters; nothing here reads them back.
class GradScaler {
public:
  explicit GradScaler(at::Device device, double scale = 65536, std::int64_t growthInterval = 2000);

  at::Tensor scaled(const at::Tensor &loss) const { return loss * scale_; }

  // Divides the gradients by the scale and sets overflow() to 1 where one is not finite, else 0.
  void unscale(std::vector<at::Tensor> &gradients);

  const at::Tensor &overflow() const { return overflow_; } // 0-d float: 0 or 1
  const at::Tensor &scale() const { return scale_; }       // 0-d float

  // After the optimizer: the scale of the next step.
  void update();

private:
  at::Tensor scale_, growth_, overflow_, inverse_;
  std::int64_t growthInterval_;
};

// Scales the gradients so that their common 2-norm is at most `limit`; stays on the device.
void clipGradients(std::vector<at::Tensor> &gradients, double limit);

// The same as LibTorch's C++ clip_grad_norm_ does it: one norm after the other, and the total is
// read back to the host.
void clipGradientsOneByOne(std::vector<at::Tensor> &gradients, double limit);

} // namespace hotloop::moe
