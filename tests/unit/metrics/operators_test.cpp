#include "core/metrics/operators.h"

#include <gtest/gtest.h>

#include <string>

namespace hotloop {
namespace {

TEST(Operators, AScalarReadCountsAtItsRootOnly) {
  EXPECT_TRUE(has(operatorTraits("aten::_local_scalar_dense"), OperatorTrait::kHostSync));
  EXPECT_EQ(wouldBeLaunches("aten::_local_scalar_dense"), 0);
  for (const char *above : {"aten::item", "aten::is_nonzero", "aten::allclose"}) {
    EXPECT_FALSE(has(operatorTraits(above), OperatorTrait::kHostSync)) << above;
    EXPECT_TRUE(has(operatorTraits(above), OperatorTrait::kComposite)) << above;
    EXPECT_EQ(wouldBeLaunches(above), 0) << above;
  }
}

TEST(Operators, DynamicShapesWaitForTheirSize) {
  for (const char *name :
       {"aten::nonzero", "aten::masked_select", "aten::_unique2", "aten::unique_dim",
        "aten::unique_consecutive", "aten::bincount", "aten::repeat_interleave"}) {
    EXPECT_TRUE(has(operatorTraits(name), OperatorTrait::kHostSync)) << name;
    EXPECT_TRUE(has(operatorTraits(name), OperatorTrait::kDynamicShape)) << name;
    EXPECT_GE(wouldBeLaunches(name), 2) << name;
  }
  EXPECT_FALSE(has(operatorTraits("aten::repeat_interleave.self_int"), OperatorTrait::kHostSync));
}

// What holds a loop back only by what it calls must not count twice, nor hide it.
TEST(Operators, MasksAndConditionsLeaveTheCountToNonzero) {
  for (const char *name :
       {"aten::index", "aten::index_put_", "aten::where", "aten::_index_put_impl_"}) {
    EXPECT_EQ(operatorTraits(name), OperatorTrait::kNone) << name;
    EXPECT_EQ(wouldBeLaunches(name), 1) << name;
  }
}

TEST(Operators, OneHotHidesItsChecksOnTheCpu) {
  EXPECT_TRUE(has(operatorTraits("aten::one_hot"), OperatorTrait::kSelfContained));
  EXPECT_FALSE(has(operatorTraits("aten::one_hot"), OperatorTrait::kHostSync));
  EXPECT_EQ(wouldBeLaunches("aten::one_hot"), 2);
}

TEST(Operators, ViewsAndMetadataLaunchNothing) {
  for (const char *name :
       {"aten::view", "aten::reshape", "aten::expand", "aten::select", "aten::slice", "aten::t",
        "aten::transpose", "aten::permute", "aten::as_strided", "aten::detach", "aten::unsqueeze",
        "aten::squeeze", "aten::empty", "aten::empty_strided", "aten::resolve_conj", "aten::to",
        "aten::contiguous"}) {
    EXPECT_TRUE(has(operatorTraits(name), OperatorTrait::kNoLaunch)) << name;
    EXPECT_EQ(wouldBeLaunches(name), 0) << name;
  }
}

TEST(Operators, NewTensorsAllocate) {
  for (const char *name :
       {"aten::empty", "aten::zeros", "aten::clone", "aten::cat", "aten::_to_copy"}) {
    EXPECT_TRUE(has(operatorTraits(name), OperatorTrait::kAllocates)) << name;
  }
  EXPECT_FALSE(has(operatorTraits("aten::add_"), OperatorTrait::kAllocates));
}

TEST(Operators, UnknownOperatorsAreOneLaunchAndOtherNamesNone) {
  EXPECT_EQ(operatorTraits("aten::made_up"), OperatorTrait::kNone);
  EXPECT_EQ(wouldBeLaunches("aten::made_up"), 1);
  EXPECT_EQ(wouldBeLaunches("mylib::fused_gate"), 1);
  for (const char *name : {"", "aten", "AddBackward0", "ProfilerStep#3", "my::scope with blanks",
                           "autograd::engine::evaluate_function: MulBackward0",
                           "torch::autograd::AccumulateGrad", "Optimizer.step#Adam.step"}) {
    EXPECT_EQ(operatorTraits(name), OperatorTrait::kNone) << name;
    EXPECT_EQ(wouldBeLaunches(name), 0) << name;
  }
}

TEST(Operators, MultiTensorOperatorsAreOneLaunch) {
  EXPECT_EQ(wouldBeLaunches("aten::_foreach_add_"), 1);
  EXPECT_TRUE(has(operatorTraits("aten::_foreach_mul_"), OperatorTrait::kSelfContained));
  EXPECT_TRUE(has(operatorTraits("aten::_fused_adamw_"), OperatorTrait::kSelfContained));
}

// Names are looked up by their bytes: neither prefixes, nor longer names, nor neighbours in memory.
TEST(Operators, LooksUpWholeNamesOnly) {
  const std::string text = "aten::nonzero_static aten::nonzer";
  EXPECT_EQ(operatorTraits(std::string_view(text).substr(0, 20)), OperatorTrait::kNone);
  EXPECT_EQ(operatorTraits(std::string_view(text).substr(21)), OperatorTrait::kNone);
  EXPECT_TRUE(has(operatorTraits(std::string_view(text).substr(0, 13)), OperatorTrait::kHostSync));
  EXPECT_EQ(operatorTraits("aten::"), OperatorTrait::kNone);
  EXPECT_EQ(operatorTraits("Aten::nonzero"), OperatorTrait::kNone);
}

// Contradictions that no operator may show.
TEST(Operators, TraitsAreConsistent) {
  for (const char *name :
       {"aten::item", "aten::linear", "aten::matmul", "aten::softmax", "aten::mm", "aten::nonzero",
        "aten::empty", "aten::view", "aten::sum", "aten::clone"}) {
    const OperatorTrait traits = operatorTraits(name);
    if (has(traits, OperatorTrait::kNoLaunch) || has(traits, OperatorTrait::kComposite)) {
      EXPECT_EQ(wouldBeLaunches(name), 0) << name;
    } else {
      EXPECT_GE(wouldBeLaunches(name), 1) << name;
    }
    EXPECT_FALSE(has(traits, OperatorTrait::kComposite) &&
                 has(traits, OperatorTrait::kSelfContained));
  }
}

} // namespace
} // namespace hotloop
