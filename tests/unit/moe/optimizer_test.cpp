#include <cmath>

#include <gtest/gtest.h>

#include "reference_moe/model/parameters.h"
#include "reference_moe/optim/adamw.h"
#include "reference_moe/optim/grad_scaler.h"

namespace hotloop::moe {
namespace {

constexpr AdamW::Options kOptions{.learningRate = 1e-2, .weightDecay = 0.1};

// The update of one number, from the paper, in double.
double expectedAfter(double p, const std::vector<double> &gradients) {
  double m = 0, v = 0;
  for (std::size_t t = 1; t <= gradients.size(); ++t) {
    const double g = gradients[t - 1];
    m = kOptions.beta1 * m + (1 - kOptions.beta1) * g;
    v = kOptions.beta2 * v + (1 - kOptions.beta2) * g * g;
    const double mHat = m / (1 - std::pow(kOptions.beta1, t));
    const double vHat = v / (1 - std::pow(kOptions.beta2, t));
    p -= kOptions.learningRate * kOptions.weightDecay * p;
    p -= kOptions.learningRate * mHat / (std::sqrt(vHat) + kOptions.epsilon);
  }
  return p;
}

class Form : public testing::TestWithParam<Optimizer> {};

TEST_P(Form, FollowsTheFormula) {
  std::vector<at::Tensor> parameters{randomNormal({3, 5}, 1).requires_grad_(true),
                                     randomNormal({7}, 2).requires_grad_(true)};
  const std::vector<at::Tensor> start{parameters[0].detach().clone(),
                                      parameters[1].detach().clone()};
  AdamW optimizer(parameters, kOptions, GetParam());
  std::vector<std::vector<at::Tensor>> gradients;
  for (std::uint64_t step = 0; step < 4; ++step) {
    gradients.push_back({randomNormal({3, 5}, 10 + step), randomNormal({7}, 20 + step)});
    for (std::size_t i = 0; i < 2; ++i) parameters[i].mutable_grad() = gradients.back()[i].clone();
    optimizer.step();
    optimizer.clearGradients(false);
    EXPECT_FALSE(parameters[0].grad().defined());
  }
  for (std::size_t i = 0; i < 2; ++i)
    for (std::int64_t j = 0; j < parameters[i].numel(); ++j) {
      std::vector<double> history;
      for (const auto &step : gradients) history.push_back(step[i].reshape({-1})[j].item<double>());
      EXPECT_NEAR(parameters[i].reshape({-1})[j].item<double>(),
                  expectedAfter(start[i].reshape({-1})[j].item<double>(), history), 2e-6);
    }
}

TEST_P(Form, TakesAMissingGradientForZero) {
  std::vector<at::Tensor> parameters{at::ones({2}).requires_grad_(true)};
  AdamW optimizer(parameters, kOptions, GetParam());
  optimizer.step();
  EXPECT_NEAR(parameters[0][0].item<double>(), expectedAfter(1, {0}), 1e-6);
}

TEST_P(Form, KeepsGradientMemoryWhenAsked) {
  std::vector<at::Tensor> parameters{at::ones({2}).requires_grad_(true)};
  parameters[0].mutable_grad() = at::ones({2});
  const void *memory = parameters[0].grad().data_ptr();
  AdamW optimizer(parameters, kOptions, GetParam());
  optimizer.step();
  optimizer.clearGradients(true);
  EXPECT_EQ(parameters[0].grad().data_ptr(), memory);
  EXPECT_TRUE(parameters[0].grad().equal(at::zeros({2})));
}

INSTANTIATE_TEST_SUITE_P(AdamW, Form,
                         testing::Values(Optimizer::kSingle, Optimizer::kForeach,
                                         Optimizer::kFused));

// An overflow is found, the step is skipped on the device, its counter too, and the scale halves.
TEST(GradScaler, SkipsAnOverflowedStepAndGrowsAgain) {
  std::vector<at::Tensor> parameters{at::ones({3}).requires_grad_(true)};
  AdamW optimizer(parameters, kOptions, Optimizer::kFused);
  GradScaler scaler(at::kCPU, 1024, 2);
  const auto step = [&](double gradient) {
    parameters[0].mutable_grad() = at::full({3}, gradient);
    scaler.unscale(optimizer.gradients());
    optimizer.step(scaler.overflow());
    scaler.update();
    return parameters[0][0].item<double>();
  };
  EXPECT_EQ(step(INFINITY), 1);
  EXPECT_EQ(scaler.overflow().item<float>(), 1);
  EXPECT_EQ(scaler.scale().item<float>(), 512);
  EXPECT_NEAR(step(512 * 0.5), expectedAfter(1, {0.5}), 1e-6);
  EXPECT_NEAR(step(512 * 0.25), expectedAfter(1, {0.5, 0.25}), 1e-6);
  EXPECT_EQ(scaler.scale().item<float>(), 1024) << "two good steps";
  EXPECT_EQ(step(NAN), step(INFINITY));
  EXPECT_EQ(scaler.scale().item<float>(), 256);
}

TEST(Clipping, BothFormsBringTheNormDownAndLeaveASmallOneAlone) {
  for (const bool oneByOne : {false, true}) {
    const auto clip = [&](double limit) {
      std::vector<at::Tensor> gradients{at::full({4}, 3.0), at::full({9}, 4.0)};
      oneByOne ? clipGradientsOneByOne(gradients, limit) : clipGradients(gradients, limit);
      return std::pair(gradients[0][0].item<double>(), gradients[1][8].item<double>());
    };
    const double norm = std::sqrt(4 * 9.0 + 9 * 16.0);
    EXPECT_NEAR(clip(1).first, 3 / norm, 1e-5);
    EXPECT_NEAR(clip(1).second, 4 / norm, 1e-5);
    EXPECT_EQ(clip(100), std::pair(3.0, 4.0));
  }
}

} // namespace
} // namespace hotloop::moe
