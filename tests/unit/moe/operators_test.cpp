#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>

#include "reference_moe/model/buffer_pool.h"
#include "reference_moe/model/checkpoint.h"
#include "reference_moe/model/operators.h"
#include "reference_moe/model/packed_weights.h"
#include "reference_moe/model/parameters.h"

namespace hotloop::moe {
namespace {

at::Tensor ends(std::initializer_list<int> values) {
  return at::tensor(std::vector<int>(values), at::kInt);
}

TEST(Operators, GroupedRowsMultipliesEachRowByItsExpert) {
  registerOperators();
  const at::Tensor a = randomNormal({6, 4}, 1), b = randomNormal({4, 5, 4}, 2);
  const at::Tensor out = at::full({6, 5}, NAN);
  groupedRows(a, b.transpose(1, 2), ends({2, 2, 5, 6}), out);
  const int expertOfRow[] = {0, 0, 2, 2, 2, 3};
  for (std::int64_t r = 0; r < 6; ++r)
    EXPECT_TRUE(at::allclose(out[r], at::mv(b[expertOfRow[r]], a[r]), 1e-5, 1e-6)) << r;
}

TEST(Operators, PackedWeightsGiveTheSameProducts) {
  if (!PackedWeights::canPack(at::kCPU, at::kBFloat16))
    GTEST_SKIP() << "oneDNN takes no bf16 on this CPU";
  EXPECT_FALSE(PackedWeights::canPack(at::kCPU, at::kFloat));
  registerOperators();
  const at::Tensor a = randomNormal({70, 48}, 1).to(at::kBFloat16);
  PackedWeights packed;
  for (const std::uint64_t seed : {2, 3}) { // the second time: replaced
    const at::Tensor b = randomNormal({4, 40, 48}, seed).to(at::kBFloat16);
    packed.pack(b, 17);
    EXPECT_EQ(packed.bytes(), 4 * 40 * 48 * 2);
    const at::Tensor want = at::full({70, 40}, NAN, a.options()), got = want.clone();
    groupedRows(a, b.transpose(1, 2), ends({1, 1, 34, 70}), want);
    packed.multiply(a, ends({1, 1, 34, 70}), got);
    EXPECT_TRUE(at::allclose(got.to(at::kFloat), want.to(at::kFloat), 1e-2, 1e-2));
  }
}

TEST(Operators, GroupedColumnsIsZeroForAnExpertWithoutRows) {
  registerOperators();
  const at::Tensor a = randomNormal({5, 3}, 1), b = randomNormal({5, 2}, 2);
  const at::Tensor out = at::full({3, 3, 2}, NAN);
  groupedColumns(a, b, ends({0, 4, 5}), out);
  EXPECT_TRUE((out[0] == 0).all().item<bool>());
  EXPECT_TRUE(at::allclose(out[1], at::mm(a.narrow(0, 0, 4).t(), b.narrow(0, 0, 4)), 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(out[2], at::mm(a.narrow(0, 4, 1).t(), b.narrow(0, 4, 1)), 1e-5, 1e-6));
}

// Partial sums go by fixed blocks of tokens, so threads change nothing.
TEST(Operators, GatingSumsDoNotDependOnThreads) {
  registerOperators();
  const at::Tensor logits = randomNormal({3000, 9}, 4);
  const auto run = [&] {
    GatingOutputs o{at::empty({3000, 2}), at::empty({3000, 2}, at::kLong), at::empty({3000}),
                    at::empty({9}),       at::empty({9}, at::kLong),       at::empty({1})};
    gatingForward(logits, o);
    return o;
  };
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const GatingOutputs one = run();
  at::set_num_threads(2);
  const GatingOutputs two = run();
  at::set_num_threads(before);
  EXPECT_TRUE(one.probabilitySums.equal(two.probabilitySums));
  EXPECT_TRUE(one.counts.equal(two.counts));
  EXPECT_TRUE(one.squaredLse.equal(two.squaredLse));
  EXPECT_TRUE(one.weights.equal(two.weights));
  EXPECT_EQ(one.counts.sum().item<std::int64_t>(), 6000);
}

TEST(BufferPool, HandsTheSameMemoryOutAgainInAnyShapeThatFits) {
  BufferPool pool(true);
  const at::TensorOptions real = at::TensorOptions().dtype(at::kFloat);
  const at::Tensor large = pool.take(3, {8, 4}, real);
  const at::Tensor small = pool.take(3, {5, 4}, real);
  EXPECT_EQ(large.data_ptr(), small.data_ptr());
  EXPECT_EQ(pool.take(3, {8, 4}, real).data_ptr(), large.data_ptr());
  EXPECT_NE(pool.take(2, {8, 4}, real).data_ptr(), large.data_ptr());
  const void *before = large.data_ptr();
  const at::Tensor larger = pool.take(3, {9, 4}, real);
  EXPECT_NE(larger.data_ptr(), before) << "the outgrown memory must stay untouched";
  EXPECT_GE(pool.bytes(), (8 * 4 + 9 * 4 + 8 * 4) * 4);
  EXPECT_EQ(pool.take(3, {9, 4}, real.dtype(at::kBFloat16)).scalar_type(), at::kBFloat16);
  BufferPool fresh(false);
  const at::Tensor one = fresh.take(0, {2}, real), two = fresh.take(0, {2}, real);
  EXPECT_NE(one.data_ptr(), two.data_ptr());
}

// The second run draws the random numbers of the first and has its autocast state; afterwards both
// states are what they were.
TEST(Checkpoint, RestoresRandomAndAutocastState) {
  const at::Tensor anchor = at::ones({1}).requires_grad_(true);
  const at::Tensor x = randomNormal({64}, 3).requires_grad_(true);
  std::vector<at::Tensor> masks;
  std::vector<bool> casts;
  const auto layer = [&](const at::Tensor &input) -> std::vector<at::Tensor> {
    masks.push_back(at::rand({64}).gt(0.5));
    casts.push_back(at::autocast::is_autocast_enabled(at::kCPU));
    return {input * masks.back() * anchor};
  };
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const at::Tensor y = checkpointed(x, anchor, layer)[0];
  at::autocast::set_autocast_enabled(at::kCPU, false);
  const at::Tensor between = at::rand({64}); // moves the generator on
  const at::Tensor state = at::globalContext().defaultGenerator(at::kCPU).get_state();
  y.sum().backward();
  ASSERT_EQ(masks.size(), 2u);
  EXPECT_TRUE(masks[0].equal(masks[1]));
  EXPECT_EQ(casts, (std::vector<bool>{true, true}));
  EXPECT_TRUE(x.grad().equal(masks[0].to(at::kFloat)));
  EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
  EXPECT_TRUE(at::globalContext().defaultGenerator(at::kCPU).get_state().equal(state));
}

} // namespace
} // namespace hotloop::moe
