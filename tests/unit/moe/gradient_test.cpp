#include <gtest/gtest.h>

#include "reference_moe/model/dense_reference.h"
#include "reference_moe/run/names.h"
#include "tests/unit/moe/model_fixture.h"

namespace hotloop::moe {
namespace {

Configuration tiny() {
  Configuration c = smallConfiguration();
  c.sizes = {.tokens = 6, .dim = 5, .hidden = 4, .experts = 4, .topK = 2, .layers = 2};
  return c;
}

double lossOf(Model &model, const at::Tensor &x) {
  const at::NoGradGuard noGradients;
  const Model::Output output = model.forward(x);
  return (output.hidden.square().sum() * 0.5 + output.routerLoss).item<double>();
}

// Central differences on some entries of every parameter, everything in double.
void expectDerivative(const Configuration &c) {
  SCOPED_TRACE(describe(c.toggles));
  Model model(c, at::kDouble, at::kCPU);
  const at::Tensor x = randomNormal({c.sizes.tokens, c.sizes.dim}, 77).to(at::kDouble);
  const Model::Output output = model.forward(x);
  (output.hidden.square().sum() * 0.5 + output.routerLoss).backward();
  constexpr double kStep = 1e-6;
  for (const at::Tensor &leaf : leaves(model.parameters())) {
    const at::Tensor gradient =
        leaf.grad().defined() ? leaf.grad().clone() : at::zeros_like(leaf).detach();
    double *values = leaf.data_ptr<double>();
    for (std::int64_t i = 0; i < leaf.numel(); i += std::max<std::int64_t>(1, leaf.numel() / 5)) {
      const double kept = values[i];
      values[i] = kept + kStep;
      const double above = lossOf(model, x);
      values[i] = kept - kStep;
      const double below = lossOf(model, x);
      values[i] = kept;
      EXPECT_NEAR(gradient.reshape({-1})[i].item<double>(), (above - below) / (2 * kStep), 2e-6);
    }
  }
}

TEST(Gradient, IsTheDerivativeInDouble) {
  for (const char *activation : {"gelu", "swiglu"})
    for (const char *dispatch : {"naive", "stacked", "dense", "grouped"})
      for (const char *fusion : {"off", "kernels"})
        for (const char *checkpoint : {"off", "full", "selective"}) {
          Configuration c = tiny();
          c.activation = activation[0] == 'g' ? Activation::kGelu : Activation::kSwiglu;
          expectDerivative(
              with(c, {{"dispatch", dispatch}, {"fusion", fusion}, {"checkpoint", checkpoint}}));
        }
}

// An expert without tokens gets exactly zero, also where the buffers of its gradient are reused.
TEST(Gradient, OfEmptyExpertsIsExactlyZero) {
  for (const char *dispatch : {"naive", "stacked", "dense", "grouped"})
    for (const char *buffers : {"fresh", "reuse"})
      for (const char *amp : {"off", "bf16", "fp16"}) {
        Configuration c = with(smallConfiguration(),
                               {{"dispatch", dispatch}, {"buffers", buffers}, {"amp", amp}});
        SCOPED_TRACE(describe(c.toggles));
        c.sizes.layers = 1;
        c.sizes.topK = 1;
        Model model(c, at::kFloat, at::kCPU);
        const at::Tensor x = randomNormal({c.sizes.tokens, c.sizes.dim}, 5).abs();
        {
          const at::NoGradGuard noGradients; // all tokens to expert 4
          at::Tensor gate = model.parameters()[0].gate;
          gate.fill_(-1);
          gate[4].fill_(1);
        }
        for (at::Tensor &leaf : leaves(model.parameters()))
          if (leaf.mutable_grad().defined()) leaf.mutable_grad().fill_(NAN); // stale contents
        if (c.toggles.dispatch != Dispatch::kGrouped)
          for (at::Tensor &leaf : leaves(model.parameters()))
            if (leaf.mutable_grad().defined()) leaf.mutable_grad().zero_();
        const Model::Output output = model.forward(x);
        output.hidden.square().sum().backward();
        EXPECT_TRUE((model.lastIds()[0] == 4).all().item<bool>());
        for (const auto &parts : {model.parameters()[0].up, model.parameters()[0].down}) {
          const at::Tensor gradient = stackedGradient(parts);
          for (std::int64_t e = 0; e < c.sizes.experts; ++e) {
            const double largest = gradient[e].abs().max().item<double>();
            EXPECT_EQ(largest != 0, e == 4) << "expert " << e << ": " << largest;
          }
        }
      }
}

// Under reuse a second pass must not see anything of the first.
TEST(Gradient, OfASecondPassDoesNotDependOnTheFirst) {
  for (const char *dispatch : {"naive", "grouped"})
    for (const char *checkpoint : {"off", "full", "selective"}) {
      const Configuration c = with(smallConfiguration(), {{"dispatch", dispatch},
                                                          {"fusion", "kernels"},
                                                          {"buffers", "reuse"},
                                                          {"checkpoint", checkpoint}});
      SCOPED_TRACE(describe(c.toggles));
      const at::Tensor first = randomNormal({c.sizes.tokens, c.sizes.dim}, 1);
      const at::Tensor second = randomNormal({c.sizes.tokens, c.sizes.dim}, 2);
      const auto pass = [](Model &model, const at::Tensor &x) {
        for (at::Tensor &leaf : leaves(model.parameters())) leaf.mutable_grad().zero_();
        const Model::Output output = model.forward(x);
        (output.hidden.square().mean() + output.routerLoss).backward();
        std::vector<at::Tensor> gradients;
        for (const at::Tensor &leaf : leaves(model.parameters()))
          gradients.push_back(leaf.grad().clone());
        return gradients;
      };
      Model used(c, at::kFloat, at::kCPU), unused(c, at::kFloat, at::kCPU);
      pass(used, first);
      const std::vector<at::Tensor> got = pass(used, second), expected = pass(unused, second);
      for (std::size_t i = 0; i < got.size(); ++i)
        EXPECT_TRUE(got[i].equal(expected[i])) << "parameter " << i;
    }
}

} // namespace
} // namespace hotloop::moe
