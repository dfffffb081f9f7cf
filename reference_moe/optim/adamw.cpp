#include "reference_moe/optim/adamw.h"

#include <cmath>
#include <optional>

namespace hotloop::moe {

AdamW::AdamW(std::vector<at::Tensor> parameters, const Options &options, Optimizer form)
    : parameters_(std::move(parameters)), options_(options), form_(form) {
  for (const at::Tensor &parameter : parameters_) {
    means_.push_back(at::zeros_like(parameter));
    squares_.push_back(at::zeros_like(parameter));
    if (form == Optimizer::kFused)
      counters_.push_back(at::zeros({}, parameter.options().dtype(at::kFloat)));
  }
  gradients_.resize(parameters_.size());
}

std::vector<at::Tensor> &AdamW::gradients() {
  const at::NoGradGuard noGradients;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor &gradient = parameters_[i].mutable_grad();
    if (!gradient.defined()) gradient = at::zeros_like(parameters_[i]); // an expert without tokens
    gradients_[i] = gradient;
  }
  return gradients_;
}

void AdamW::step(const at::Tensor &overflow) {
  const at::NoGradGuard noGradients;
  gradients();
  ++count_;
  switch (form_) {
  case Optimizer::kSingle: stepSingle(); break;
  case Optimizer::kForeach: stepForeach(); break;
  case Optimizer::kFused: stepFused(overflow); break;
  }
}

void AdamW::stepSingle() {
  const Options &o = options_;
  const double correction1 = 1 - std::pow(o.beta1, count_);
  const double correction2 = std::sqrt(1 - std::pow(o.beta2, count_));
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor &gradient = gradients_[i];
    parameters_[i].mul_(1 - o.learningRate * o.weightDecay);
    means_[i].mul_(o.beta1).add_(gradient, 1 - o.beta1);
    squares_[i].mul_(o.beta2).addcmul_(gradient, gradient, 1 - o.beta2);
    const at::Tensor denominator = squares_[i].sqrt().div_(correction2).add_(o.epsilon);
    parameters_[i].addcdiv_(means_[i], denominator, -o.learningRate / correction1);
  }
}

void AdamW::stepForeach() {
  const Options &o = options_;
  const double correction1 = 1 - std::pow(o.beta1, count_);
  const double correction2 = std::sqrt(1 - std::pow(o.beta2, count_));
  at::_foreach_mul_(parameters_, 1 - o.learningRate * o.weightDecay);
  at::_foreach_mul_(means_, o.beta1);
  at::_foreach_add_(means_, gradients_, 1 - o.beta1);
  at::_foreach_mul_(squares_, o.beta2);
  at::_foreach_addcmul_(squares_, gradients_, gradients_, 1 - o.beta2);
  const std::vector<at::Tensor> denominators = at::_foreach_sqrt(squares_);
  at::_foreach_div_(denominators, correction2);
  at::_foreach_add_(denominators, o.epsilon);
  at::_foreach_addcdiv_(parameters_, means_, denominators, -o.learningRate / correction1);
}

void AdamW::stepFused(const at::Tensor &overflow) {
  const Options &o = options_;
  std::optional<at::Tensor> skip;
  if (overflow.defined()) {
    skip = overflow;
    at::_foreach_add_(counters_, 1 - overflow); // a skipped step does not count
  } else {
    at::_foreach_add_(counters_, 1);
  }
  at::_fused_adamw_(parameters_, gradients_, means_, squares_, {}, counters_, o.learningRate,
                    o.beta1, o.beta2, o.weightDecay, o.epsilon, /*amsgrad=*/false,
                    /*maximize=*/false, /*grad_scale=*/{}, skip);
}

std::int64_t AdamW::stateBytes() const {
  std::int64_t sum = 0;
  for (const auto *list : {&means_, &squares_, &counters_})
    for (const at::Tensor &tensor : *list) sum += static_cast<std::int64_t>(tensor.nbytes());
  return sum;
}

void AdamW::clearGradients(bool keep) {
  if (keep && gradients_[0].defined()) {
    const at::NoGradGuard noGradients;
    at::_foreach_zero_(gradients_);
    return;
  }
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    parameters_[i].mutable_grad() = at::Tensor();
    gradients_[i] = at::Tensor();
  }
}

} // namespace hotloop::moe
