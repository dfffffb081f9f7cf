#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "reference_moe/model/operators.h"
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

} // namespace
} // namespace hotloop::moe
