#include "analyzers/counters/op_facts.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>

#include "analyzers/counters/allocation_facts.h"
#include "analyzers/counters/step_counters.h"
#include "core/trace/trace_builder.h"
#include "tests/support/scripted_loop.h"

namespace hotloop {
namespace {

using test_support::ScriptedLoop;

struct Facts {
  explicit Facts(TraceView view)
      : trace(std::move(view)), steps(findSteps(trace, 0)), sites(trace),
        ops(computeOpFacts(trace, steps, sites, paths)),
        allocations(computeAllocationFacts(trace, steps, sites, ops, paths)),
        counters(computeStepCounters(trace, steps, ops, allocations, sites.size())) {}

  std::uint32_t row(std::string_view name, int nth = 0) const {
    for (std::uint32_t i = 0; i < ops.size(); ++i)
      if (trace.text(trace->ops.name[i]) == name && nth-- == 0) return i;
    ADD_FAILURE() << "no operator " << name;
    return 0;
  }
  std::string functionOf(std::uint32_t row) const { return sites.site(ops.site[row]).function; }

  TraceView trace;
  Steps steps;
  SiteTable sites;
  RangePaths paths;
  OpFacts ops;
  AllocationFacts allocations;
  StepCounters counters;
};

// Random properly nested operators on some threads, on a coarse clock so that many touch or
// coincide.
std::vector<OpEvent> randomTree(std::mt19937 &random, TraceBuilder &builder) {
  std::vector<OpEvent> rows;
  for (std::uint32_t lane = 1; lane <= 3; ++lane) {
    std::int64_t now = static_cast<std::int64_t>(random() % 5);
    const auto grow = [&](auto &&self, std::uint16_t depth) -> void {
      OpEvent op{.start = Nanoseconds(now),
                 .lane = ThreadId(lane),
                 .name = builder.intern("aten::op" + std::to_string(random() % 4)),
                 .depth = depth,
                 .sequence = -1};
      now += static_cast<std::int64_t>(random() % 3);
      const int children = depth < 4 ? static_cast<int>(random() % 3) : 0;
      for (int i = 0; i < children; ++i) self(self, static_cast<std::uint16_t>(depth + 1));
      now += static_cast<std::int64_t>(random() % 3);
      op.duration = Nanoseconds(now) - op.start;
      rows.push_back(op); // when it ends, as recorders do: children first
    };
    for (int i = 0; i < 20; ++i) grow(grow, 0);
  }
  return rows;
}

// The parent by definition, in O(n^2): of the operators one level up on the thread, the one that
// holds it; ties are only possible between empty ones.
std::int64_t selfByDefinition(const OpColumns &ops, std::size_t row) {
  std::int64_t self = ops.duration[row].count;
  for (std::size_t i = 0; i < ops.start.size(); ++i) {
    if (ops.lane[i] != ops.lane[row] || ops.depth[i] != ops.depth[row] + 1) continue;
    if (ops.start[i] >= ops.start[row] &&
        ops.start[i] + ops.duration[i] <= ops.start[row] + ops.duration[row])
      self -= ops.duration[i].count;
  }
  return self;
}

TEST(OpFacts, NestAsTheDefinitionSays) {
  std::mt19937 random(11);
  for (int trial = 0; trial < 60; ++trial) {
    TraceBuilder builder;
    for (std::uint32_t lane = 1; lane <= 3; ++lane)
      builder.add(ThreadRow{.id = ThreadId(lane), .process = ProcessId(1)});
    builder.add(ProcessRow{.id = ProcessId(1)});
    std::vector<OpEvent> rows = randomTree(random, builder);
    std::ranges::shuffle(rows, random);
    for (const OpEvent &row : rows) builder.add(row);
    const Facts facts(std::move(builder.build()).value());
    const auto &ops = facts.trace->ops;
    EXPECT_EQ(facts.ops.overlaps, 0);
    for (std::size_t i = 0; i < ops.start.size(); ++i) {
      ASSERT_EQ(facts.ops.self[i], selfByDefinition(ops, i)) << "trial " << trial << " row " << i;
      if (ops.duration[i].count == 0) continue; // at a moment that two operators share: either's
      ASSERT_EQ(facts.ops.level[i], ops.depth[i]) << "trial " << trial << " row " << i;
      const std::uint32_t parent = facts.ops.parent[i];
      ASSERT_EQ(parent == kNoIndex, ops.depth[i] == 0);
      if (parent == kNoIndex) continue;
      ASSERT_EQ(ops.lane[parent], ops.lane[i]);
      ASSERT_EQ(ops.depth[parent] + 1, ops.depth[i]);
      ASSERT_LE(ops.start[parent], ops.start[i]);
      ASSERT_GE(ops.start[parent] + ops.duration[parent], ops.start[i] + ops.duration[i]);
    }
  }
}

TEST(OpFacts, CountsOperatorsThatCannotNest) {
  TraceBuilder builder;
  builder.add(ThreadRow{.id = ThreadId(1)});
  for (const auto &[start, duration] : {std::pair{0, 100}, {50, 100}, {60, 20}, {160, 10}})
    builder.add(OpEvent{.start = Nanoseconds(start),
                        .duration = Nanoseconds(duration),
                        .lane = ThreadId(1),
                        .name = builder.intern("aten::mm"),
                        .sequence = -1});
  const Facts facts(std::move(builder.build()).value());
  EXPECT_EQ(facts.ops.overlaps, 1);
  EXPECT_EQ(facts.ops.parent[1], kNoIndex);
  EXPECT_EQ(facts.ops.parent[2], 1u);
  EXPECT_EQ(facts.ops.self[0], 100);
}

TEST(OpFacts, CountAReadOnceAtItsRoot) {
  ScriptedLoop loop;
  loop.beginStep();
  loop.begin("aten::is_nonzero", "check");
  loop.begin("aten::item");
  loop.op("aten::_local_scalar_dense");
  loop.end();
  loop.end();
  loop.begin("aten::index", "pick");
  loop.op("aten::nonzero");
  loop.end();
  loop.begin("aten::one_hot", "hot"); // reads on the CPU only
  loop.begin("aten::item");
  loop.op("aten::_local_scalar_dense");
  loop.end();
  loop.end();
  loop.endStep();
  const Facts facts(loop.build());
  EXPECT_EQ(facts.counters.perStep[0].hostSyncs, 2);
  EXPECT_EQ(facts.ops.hostSync[facts.row("aten::_local_scalar_dense")], 1);
  EXPECT_EQ(facts.ops.hostSync[facts.row("aten::_local_scalar_dense", 1)], 0);
  EXPECT_EQ(facts.ops.hostSync[facts.row("aten::nonzero")], 1);
  EXPECT_EQ(facts.ops.hostSync[facts.row("aten::index")], 0);
}

TEST(OpFacts, CountLaunchesOnceHoweverOperatorsNest) {
  ScriptedLoop loop;
  loop.beginStep();
  loop.begin("aten::linear"); // composite: addmm, and views below it
  loop.op("aten::t");
  loop.begin("aten::addmm");
  loop.op("aten::expand");
  loop.op("aten::copy_"); // part of addmm on a GPU
  loop.end();
  loop.end();
  loop.op("aten::view");
  loop.op("mine::kernel");
  loop.begin("mine::wrapper");
  loop.op("aten::view");
  loop.end();
  loop.endStep();
  const Facts facts(loop.build());
  EXPECT_EQ(facts.ops.launches[facts.row("aten::addmm")], 1);
  EXPECT_EQ(facts.ops.launches[facts.row("aten::copy_")], 0);
  EXPECT_EQ(facts.ops.launches[facts.row("aten::linear")], 0);
  EXPECT_EQ(facts.ops.launches[facts.row("mine::wrapper")], 1);
  EXPECT_EQ(facts.counters.perStep[0].launches, 3);
  EXPECT_EQ(facts.counters.perStep[0].operators, 9);
}

TEST(OpFacts, GiveBackwardWorkToItsForwardOperator) {
  ScriptedLoop loop;
  loop.beginStep();
  loop.begin("aten::linear", "forward", OpScope::kFunction, 5);
  loop.op("aten::addmm", "forward");
  loop.end();
  loop.begin("autograd::engine::evaluate_function: AddmmBackward0", "train");
  loop.begin("AddmmBackward0", "train", OpScope::kBackwardFunction, 5);
  loop.begin("aten::mm", "train");
  loop.allocate(64);
  loop.end();
  loop.op("aten::mul", "my_backward"); // Python code of a custom function
  loop.end();
  loop.end();
  loop.begin("MulBackward0", "train", OpScope::kBackwardFunction, 99); // forward unknown
  loop.op("aten::sum", "train");
  loop.end();
  loop.endStep();
  const Facts facts(loop.build());
  EXPECT_EQ(facts.functionOf(facts.row("AddmmBackward0")), "forward");
  EXPECT_EQ(facts.functionOf(facts.row("aten::mm")), "forward");
  EXPECT_EQ(facts.functionOf(facts.row("aten::mul")), "my_backward");
  EXPECT_EQ(facts.functionOf(facts.row("aten::sum")), "train");
  EXPECT_EQ(facts.sites.site(facts.allocations.site[0]).function, "forward");
  EXPECT_EQ(facts.ops.backward[facts.row("aten::mm")], 1);
  EXPECT_EQ(facts.ops.backward[facts.row("aten::addmm")], 0);
  EXPECT_EQ(facts.ops.isOperator[facts.row("AddmmBackward0")], 0);
}

TEST(OpFacts, InheritSiteAndReadRangePaths) {
  ScriptedLoop loop;
  for (int i = 0; i < 2; ++i) {
    loop.beginStep();
    loop.pushRange("step " + std::to_string(i));
    loop.pushRange("forward");
    loop.pushRange("layer " + std::to_string(i));
    loop.begin("aten::softmax", "route");
    loop.op("aten::_softmax");
    loop.end();
    loop.popRange();
    loop.begin("record", "", OpScope::kUserScope);
    loop.op("aten::mm");
    loop.end();
    loop.popRange();
    loop.popRange();
    loop.op("aten::add");
    loop.endStep();
  }
  const Facts facts(loop.build());
  const std::uint32_t softmax = facts.row("aten::_softmax");
  EXPECT_EQ(facts.functionOf(softmax), "route");
  EXPECT_EQ(facts.paths.text(facts.ops.path[softmax]), "forward/layer *");
  EXPECT_EQ(facts.ops.path[softmax], facts.ops.path[facts.row("aten::_softmax", 1)]);
  EXPECT_EQ(facts.paths.text(facts.ops.path[facts.row("aten::mm")]), "forward/record");
  EXPECT_EQ(facts.paths.text(facts.ops.path[facts.row("aten::add")]), "");
  EXPECT_EQ(facts.ops.site[facts.row("aten::add")], 0u);
}

TEST(AllocationFacts, PairBlocksWithTheirFrees) {
  ScriptedLoop loop;
  loop.beginStep();
  loop.begin("aten::empty", "make");
  const std::uint64_t first = loop.allocate(100);
  const std::uint64_t second = loop.allocate(200);
  loop.end();
  loop.free(first);
  loop.endStep();
  loop.free(second);
  loop.free(12345);
  const Facts facts(loop.build());
  EXPECT_THAT(facts.allocations.pair, testing::ElementsAre(2, 3, 0, 1, kNoIndex));
  EXPECT_THAT(facts.allocations.step, testing::ElementsAre(0, 0, 0, kNoIndex, kNoIndex));
  EXPECT_EQ(facts.allocations.op[1], 0u);
  EXPECT_EQ(facts.allocations.op[2], kNoIndex);
  EXPECT_EQ(facts.counters.perStep[0].allocations, 2);
  EXPECT_EQ(facts.counters.perStep[0].allocatedBytes, 300);
}

TEST(PlaceByAllocations, GivesOperatorsTheSiteOfTheirMemory) {
  TraceBuilder builder;
  builder.add(ThreadRow{.id = ThreadId(1)});
  builder.add(FrameRow{.id = FrameId(1),
                       .kind = FrameKind::kNative,
                       .function = builder.intern("route"),
                       .file = builder.intern("moe.cpp"),
                       .line = 7,
                       .user = true});
  builder.add(StackRow{.id = StackId(1), .frame = FrameId(1)});
  const auto op = [&](std::string_view name, std::int64_t start, std::int64_t length, int depth) {
    builder.add(OpEvent{.start = Nanoseconds(start),
                        .duration = Nanoseconds(length),
                        .lane = ThreadId(1),
                        .name = builder.intern(name),
                        .depth = static_cast<std::uint16_t>(depth),
                        .sequence = -1});
  };
  const auto block = [&](std::int64_t start, std::uint32_t stack) {
    builder.add(AllocationEvent{.start = Nanoseconds(start),
                                .lane = ThreadId(1),
                                .action = AllocationAction::kAllocate,
                                .bytes = 8,
                                .stack = StackId(stack)});
  };
  for (int i = 0; i < 4; ++i) {
    op("aten::softmax", 100 * i, 50, 0);
    op("aten::to", 100 * i + 1, 5, 1);
    op("aten::_softmax", 100 * i + 10, 20, 1);
    block(100 * i + 15, i < 2 ? 1 : 0); // stacks are not taken every time
    op("aten::view", 100 * i + 60, 5, 0);
  }
  Facts facts(std::move(builder.build()).value());
  EXPECT_EQ(facts.ops.site[facts.row("aten::softmax")], 0u);
  placeByAllocations(facts.trace, facts.allocations, facts.ops);
  for (int i = 0; i < 4; ++i) {
    for (const char *name : {"aten::softmax", "aten::_softmax", "aten::to"})
      EXPECT_EQ(facts.functionOf(facts.row(name, i)), "route") << name << i;
    EXPECT_EQ(facts.ops.site[facts.row("aten::view", i)], 0u);
    EXPECT_EQ(facts.sites.site(facts.allocations.site[static_cast<std::size_t>(i)]).line, 7u);
  }
}

TEST(StepCounters, SitesAddUpToTheStep) {
  ScriptedLoop loop;
  for (int i = 0; i < 5; ++i) {
    loop.beginStep();
    for (int k = 0; k <= i; ++k) {
      loop.begin("aten::relu", k % 2 == 0 ? "even" : "odd");
      loop.allocate(10 * k);
      loop.end();
    }
    loop.endStep();
    loop.op("aten::relu", "between");
  }
  const Facts facts(loop.build());
  std::map<std::uint32_t, Counters> sums;
  for (const StepSite &entry : facts.counters.perSite) {
    sums[entry.step].operators += entry.counters.operators;
    sums[entry.step].allocatedBytes += entry.counters.allocatedBytes;
    sums[entry.step].selfTime += entry.counters.selfTime;
    EXPECT_NE(facts.sites.site(entry.site).function, "between");
  }
  for (std::uint32_t step = 0; step < 5; ++step) {
    EXPECT_EQ(facts.counters.perStep[step].operators, step + 1);
    EXPECT_EQ(sums[step].operators, facts.counters.perStep[step].operators);
    EXPECT_EQ(sums[step].allocatedBytes, facts.counters.perStep[step].allocatedBytes);
    EXPECT_EQ(sums[step].selfTime, facts.counters.perStep[step].selfTime);
  }
}

class Frames {
public:
  FrameId frame(std::string_view file, std::uint32_t line, bool user, FrameId inlinedInto = {}) {
    const FrameId id(++frames_);
    builder.add(FrameRow{.id = id,
                         .kind = FrameKind::kNative,
                         .function = builder.intern("f"),
                         .file = builder.intern(file),
                         .line = line,
                         .module = builder.intern("/lib/m.so"),
                         .inlinedInto = inlinedInto,
                         .user = user});
    return id;
  }
  StackId stack(FrameId frame, StackId parent = {}) {
    const StackId id(++stacks_);
    builder.add(StackRow{.id = id, .parent = parent, .frame = frame});
    return id;
  }
  TraceBuilder builder;

private:
  std::uint32_t frames_ = 0, stacks_ = 0;
};

TEST(SiteTable, TakesTheInnermostUserFrame) {
  Frames frames;
  const FrameId main = frames.frame("main.cpp", 10, true);
  const FrameId loop = frames.frame("loop.cpp", 20, true);
  const FrameId inlined = frames.frame("vector", 5, false, loop);
  const FrameId library = frames.frame("torch.cpp", 1, false);
  const FrameId sameAsMain = frames.frame("main.cpp", 10, true);
  const FrameId noSource = frames.frame("", 0, true);
  const StackId outer = frames.stack(main);
  const StackId middle = frames.stack(inlined, outer);
  const StackId leaf = frames.stack(library, middle);
  const StackId onlyLibrary = frames.stack(library);
  const TraceView trace = std::move(frames.builder.build()).value();
  const SiteTable sites(trace);
  EXPECT_EQ(sites.site(sites.ofStack(leaf)).file, "loop.cpp");
  EXPECT_EQ(sites.site(sites.ofStack(leaf)).line, 20u);
  EXPECT_EQ(sites.ofStack(outer), sites.ofFrame(main));
  EXPECT_EQ(sites.ofFrame(main), sites.ofFrame(sameAsMain));
  EXPECT_EQ(sites.ofStack(onlyLibrary), 0u);
  EXPECT_EQ(sites.ofStack(StackId(99)), 0u);
  EXPECT_EQ(sites.site(sites.ofFrame(noSource)).file, "/lib/m.so");
  EXPECT_EQ(sites.of(main, leaf), sites.ofFrame(main));
  EXPECT_EQ(sites.of({}, leaf), sites.ofFrame(loop));
}

TEST(SiteTable, SurvivesCyclesInDamagedRuns) {
  Frames frames;
  const FrameId library = frames.frame("torch.cpp", 1, false);
  frames.builder.add(StackRow{.id = StackId(1), .parent = StackId(2), .frame = library});
  frames.builder.add(StackRow{.id = StackId(2), .parent = StackId(1), .frame = library});
  frames.builder.add(StackRow{.id = StackId(3), .parent = StackId(3), .frame = FrameId(77)});
  const TraceView trace = std::move(frames.builder.build()).value();
  const SiteTable sites(trace);
  for (std::uint32_t id = 1; id <= 3; ++id) EXPECT_EQ(sites.ofStack(StackId(id)), 0u);
}

} // namespace
} // namespace hotloop
