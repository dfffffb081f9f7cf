#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "reference_moe/model/mean_square.h"
#include "reference_moe/run/measure.h"
#include "reference_moe/run/memory_log.h"
#include "reference_moe/run/trainer.h"

namespace hotloop::moe {
namespace {

at::Tensor floats(std::int64_t count) { return at::empty({count}, at::kFloat); }

TEST(MemoryLog, LeavesGradientsOutFromTheirFirstMoment) {
  StepMeter meter(Device::kCpu);
  at::Tensor before = floats(500); // older than the log
  const std::int64_t metered = meter.bytes();
  MemoryLog log(/*onDevice=*/false);
  ASSERT_TRUE(MemoryLog::lives());
  const at::Tensor kept = floats(1000);
  at::Tensor gradient = floats(2000);
  {
    const at::Tensor passing = floats(3000);
  }
  MemoryLog::gradientsAre({gradient, before, at::Tensor()});
  EXPECT_EQ(log.peakWithoutGradients(), 4 * (1000 + 3000));
  // Its memory may come back as something else.
  gradient = at::Tensor();
  before = at::Tensor();
  const at::Tensor large = floats(6000);
  EXPECT_EQ(log.peakWithoutGradients(), 4 * (1000 + 6000 - 500));
  // The meter that it stands before sees everything too.
  EXPECT_EQ(meter.bytes() - metered, 4 * (1000 + 6000 - 500));
}

// Small batches over large weights: gradients are most of the memory, and when they are made anew
// not all of them are there at the peak.
TEST(Meter, CountsActivationsAloneWhetherGradientsAreKeptOrNot) {
  Configuration c;
  c.sizes = {.tokens = 32, .dim = 64, .hidden = 128, .experts = 8, .topK = 2, .layers = 1};
  c.sampleEvery = 0;
  StepMeter meter(Device::kCpu);
  const auto trainer = Trainer::create(c);
  ASSERT_TRUE(trainer);
  std::int64_t index = 0;
  while (index < 3) ASSERT_TRUE((*trainer)->step(index++));
  EXPECT_EQ((*trainer)->gradientBytesNow(), 0);
  const Result<std::int64_t> activation = meter.peakActivation(**trainer, index);
  ASSERT_TRUE(activation);
  EXPECT_EQ(index, 5);
  // Of SwiGLU at least both halves of h, the activation and y of every row.
  const std::int64_t least = 4 * 32 * 2 * (2 * 128 + 128 + 64);
  EXPECT_GE(*activation, least);
  EXPECT_LT(*activation, 4 * least);
  EXPECT_LT(*activation, (*trainer)->persistent().gradients);
}

TEST(MeanSquare, IsTheLossOfTheFrameworkInOneArray) {
  BufferPool pool(/*keep=*/true);
  at::Tensor hidden = at::randn({7, 5}).requires_grad_(true), again = hidden.detach().clone();
  again.requires_grad_(true);
  const at::Tensor target = at::randn({7, 5});
  const at::Tensor expected = at::mse_loss(hidden, target);
  const at::Tensor loss = meanSquareInPlace(again, target, pool);
  EXPECT_EQ(loss.dim(), 0);
  EXPECT_TRUE(at::allclose(loss, expected, 1e-6, 0));
  (expected * 3).backward();
  (loss * 3).backward();
  EXPECT_TRUE(at::allclose(again.grad(), hidden.grad(), 1e-6, 1e-9));
  EXPECT_EQ(pool.bytes(), 4 * 7 * 5);
}

} // namespace
} // namespace hotloop::moe
