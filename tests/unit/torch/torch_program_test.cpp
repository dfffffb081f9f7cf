#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/unit/torch/torch_run.h"

// A C++ LibTorch program, recorded.
namespace hotloop::testing {
namespace {

using ::testing::Contains;
using ::testing::StartsWith;

TEST(TorchProgram, OperatorsNestAsTheyWereCalled) {
  const TraceView run = recordTorch({torchProgram(), "train"});
  const std::vector<Op> ops = opsOf(run);
  const std::vector<std::string> names = namesOf(ops);
  for (const char *name :
       {"aten::linear", "aten::relu", "aten::sum", "aten::item", "aten::_local_scalar_dense"}) {
    EXPECT_EQ(std::count(names.begin(), names.end(), name),
              name == std::string("aten::sum") ? 6 : 3)
        << name;
  }
  // Rows come parents first; the depth is the number of operators of the thread that are open.
  std::map<std::uint32_t, std::vector<const Op *>> open;
  for (const Op &op : ops) {
    std::vector<const Op *> &stack = open[op.thread];
    while (static_cast<int>(stack.size()) > op.depth) {
      stack.pop_back();
    }
    ASSERT_EQ(static_cast<int>(stack.size()), op.depth) << op.name;
    if (!stack.empty()) {
      EXPECT_GE(op.start, stack.back()->start) << op.name << " in " << stack.back()->name;
      EXPECT_LE(op.end, stack.back()->end) << op.name << " in " << stack.back()->name;
    }
    if (op.name == "aten::_local_scalar_dense") {
      EXPECT_EQ(stack.back()->name, "aten::item");
    }
    stack.push_back(&op);
  }
}

TEST(TorchProgram, SequenceNumbersTieBackwardToForward) {
  const std::vector<Op> ops = opsOf(recordTorch({torchProgram(), "train"}));
  std::map<std::pair<std::int64_t, std::uint32_t>, std::set<std::string>> forward;
  for (const Op &op : ops) {
    if (op.scope == 0 && op.sequence >= 0) {
      forward[{op.sequence, op.forwardThread}].insert(op.name);
    }
  }
  int tied = 0;
  for (const Op &op : ops) {
    if (op.scope == 1 && op.sequence >= 0) {
      const auto found = forward.find({op.sequence, op.forwardThread});
      ASSERT_NE(found, forward.end()) << op.name;
      tied += op.name == "ReluBackward0" && found->second.contains("aten::relu");
      tied += op.name == "SumBackward0" && found->second.contains("aten::sum");
    }
  }
  EXPECT_EQ(tied, 6);
}

TEST(TorchProgram, EveryThreadIsALane) {
  std::map<std::uint32_t, int> adds;
  for (const Op &op : opsOf(recordTorch({torchProgram(), "threads"}))) {
    adds[op.thread] += op.name == "aten::add_" && op.depth == 0;
  }
  std::erase_if(adds, [](const auto &lane) { return lane.second == 0; });
  EXPECT_EQ(adds.size(), 4u);
  for (const auto &[thread, count] : adds) {
    EXPECT_EQ(count, 50) << thread;
  }
}

TEST(TorchProgram, AllocationsAddUp) {
  const TraceView run = recordTorch({torchProgram(), "memory"});
  const auto &columns = run->allocations;
  std::map<std::uint64_t, std::int64_t> live;
  std::vector<std::int64_t> taken;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < columns.start.size(); ++i) {
    ASSERT_EQ(columns.allocator[i], Allocator::kTorchCpu);
    EXPECT_EQ(columns.device[i].value, 0u);
    if (columns.action[i] == AllocationAction::kAllocate) {
      total += columns.bytes[i];
      live[columns.address[i]] = columns.bytes[i];
      taken.push_back(columns.bytes[i]);
    } else {
      ASSERT_EQ(live.count(columns.address[i]), 1u) << "freed but never taken";
      EXPECT_EQ(live[columns.address[i]], columns.bytes[i]);
      total -= columns.bytes[i];
      live.erase(columns.address[i]);
    }
    EXPECT_EQ(columns.totalAllocated[i], total) << i;
  }
  EXPECT_THAT(taken, Contains(4096));
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(taken, Contains(1024 * (i + 1)));
  }
  EXPECT_EQ(total, 0) << "all was given back";
}

TEST(TorchProgram, ReadBackHasTheCallSite) {
  const TraceView run = recordTorch({torchProgram(), "train"});
  int seen = 0;
  for (const Op &op : opsOf(run)) {
    if (op.name != "aten::_local_scalar_dense") {
      continue;
    }
    const std::vector<StackFrame> stack = stackOf(run, op.stack);
    const auto here = std::find_if(stack.begin(), stack.end(), [](const StackFrame &frame) {
      return !frame.python && frame.function.find("readBack") != std::string::npos;
    });
    ASSERT_NE(here, stack.end()) << "no frame of the program in " << stack.size();
    EXPECT_THAT(here->file, ::testing::EndsWith("torch_target.cpp"));
    EXPECT_GT(here->line, 0u);
    ++seen;
  }
  EXPECT_EQ(seen, 3);
}

// LibTorch that was not tested: nothing breaks, nothing is observed, the run says so.
TEST(TorchProgram, AnotherVersionIsSaid) {
  ::setenv("HOTLOOP_TORCH_VERSION", "2.99.1+cpu", 1);
  const TraceView run = recordTorch({torchProgram(), "train"});
  ::unsetenv("HOTLOOP_TORCH_VERSION");
  EXPECT_TRUE(opsOf(run).empty());
  EXPECT_EQ(run.meta("torch_version"), "2.99.1+cpu");
  EXPECT_THAT(std::string(run.meta("torch_attachment")),
              StartsWith("none: LibTorch 2.99.1 was not tested"));
  EXPECT_THAT(qualitySentence(run, "torch_version_unsupported"), ::testing::HasSubstr("2.99.1"));
  EXPECT_GT(run->allocations.start.size(), 0u) << "the allocators' reports need no plugin";
}

TEST(TorchProgram, ANightlyIsNoRelease) {
  ::setenv("HOTLOOP_TORCH_VERSION", "2.11.0.dev20260101+cu130", 1);
  const TraceView run = recordTorch({torchProgram(), "train"});
  ::unsetenv("HOTLOOP_TORCH_VERSION");
  EXPECT_TRUE(opsOf(run).empty());
  EXPECT_THAT(std::string(run.meta("torch_attachment")), ::testing::HasSubstr("is not a release"));
}

TEST(TorchProgram, ReplicaSeesTheOperatorsOfThePlugin) {
  ::setenv("HOTLOOP_TORCH_ATTACH", "replica", 1);
  const TraceView replica = recordTorch({torchProgram(), "train"});
  ::setenv("HOTLOOP_TORCH_ATTACH", "plugin", 1);
  const TraceView plugin = recordTorch({torchProgram(), "train"});
  ::unsetenv("HOTLOOP_TORCH_ATTACH");
  EXPECT_EQ(replica.meta("torch_attachment"), "replica");
  EXPECT_EQ(plugin.meta("torch_attachment"), "plugin");
  const std::vector<Op> a = opsOf(replica);
  const std::vector<Op> b = opsOf(plugin);
  ASSERT_GT(b.size(), 50u);
  EXPECT_EQ(namesOf(a), namesOf(b));
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    EXPECT_EQ(a[i].scope, b[i].scope) << b[i].name;
    EXPECT_EQ(a[i].depth, b[i].depth) << b[i].name;
    EXPECT_EQ(a[i].sequence, -1);
  }
}

} // namespace
} // namespace hotloop::testing
