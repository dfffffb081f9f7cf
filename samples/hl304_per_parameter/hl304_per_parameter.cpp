#include "samples/sample.h"
#include "samples/tensors.h"

namespace hotloop::samples {
namespace {

constexpr int kLayers = 12;
constexpr std::int64_t kWidth = 32;
constexpr double kRate = 1e-2;
constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kDecay = 1e-2;
constexpr double kEpsilon = 1e-8;

// A stack of small layers with a weight and a bias each, trained on a fixed batch.
struct Model {
  Model() {
    for (int layer = 0; layer < kLayers; ++layer) {
      parameters.push_back(values({kWidth, kWidth}, 80 + layer).mul_(0.2).requires_grad_());
      parameters.push_back(at::zeros({kWidth}).requires_grad_());
    }
  }

  void backward() {
    at::Tensor hidden = input;
    for (int layer = 0; layer < kLayers; ++layer)
      hidden = at::tanh(at::addmm(parameters[2 * layer + 1], hidden, parameters[2 * layer]));
    for (at::Tensor &parameter : parameters) parameter.mutable_grad().reset();
    hidden.square().mean().backward();
  }

  std::vector<at::Tensor> gradients() const {
    std::vector<at::Tensor> result;
    for (const at::Tensor &parameter : parameters) result.push_back(parameter.grad());
    return result;
  }

  double norm() const {
    double sum = 0;
    for (const at::Tensor &parameter : parameters)
      sum += parameter.detach().square().sum().item<double>();
    return sum;
  }

  at::Tensor input = values({16, kWidth}, 79);
  std::vector<at::Tensor> parameters;
};

std::vector<at::Tensor> zerosLike(const std::vector<at::Tensor> &tensors) {
  std::vector<at::Tensor> result;
  for (const at::Tensor &tensor : tensors) result.push_back(at::zeros_like(tensor.detach()));
  return result;
}

HOTLOOP_SAMPLE_SITE void stepEachParameter(torch::optim::AdamW &optimizer) { optimizer.step(); }

// LibTorch's own optimizer walks the parameters one by one.
double perParameter(const StepLoop &loop) {
  Model model;
  torch::optim::AdamW optimizer(
      model.parameters,
      torch::optim::AdamWOptions(kRate).betas({kBeta1, kBeta2}).weight_decay(kDecay).eps(kEpsilon));
  loop.run([&](int) {
    model.backward();
    stepEachParameter(optimizer);
  });
  return model.norm();
}

// One fused operator over all parameters.
double fused(const StepLoop &loop) {
  Model model;
  std::vector<at::Tensor> averages = zerosLike(model.parameters);
  std::vector<at::Tensor> squares = zerosLike(model.parameters);
  std::vector<at::Tensor> counts;
  for (std::size_t i = 0; i < model.parameters.size(); ++i) counts.push_back(at::zeros({}));
  loop.run([&](int) {
    model.backward();
    const at::NoGradGuard noGradient;
    at::_foreach_add_(counts, 1);
    at::_fused_adamw_(model.parameters, model.gradients(), averages, squares, {}, counts, kRate,
                      kBeta1, kBeta2, kDecay, kEpsilon, false, false);
  });
  return model.norm();
}

// Plain descent over lists. On the CPU a foreach operator falls back to one operator per tensor
// inside itself; on a GPU it is a launch or two.
double foreachDescent(const StepLoop &loop) {
  Model model;
  loop.run([&](int) {
    model.backward();
    const at::NoGradGuard noGradient;
    const std::vector<at::Tensor> gradients = model.gradients();
    at::_foreach_mul_(model.parameters, 1 - kRate * kDecay);
    at::_foreach_add_(model.parameters, gradients, -kRate);
  });
  return model.norm();
}

double flatDescent(const StepLoop &loop) {
  Model model;
  loop.run([&](int) {
    model.backward();
    const at::NoGradGuard noGradient;
    for (at::Tensor &parameter : model.parameters)
      parameter.mul_(1 - kRate * kDecay).sub_(parameter.grad(), kRate);
  });
  return model.norm();
}

} // namespace

Sample hl304PerParameter() {
  return {"hl304_per_parameter", "the optimizer updates 24 small parameters one by one",
          perParameter,          fused,
          foreachDescent,        flatDescent};
}

} // namespace hotloop::samples
