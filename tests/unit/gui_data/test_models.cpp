#include <gtest/gtest.h>

#include "core/trace/trace_builder.h"
#include "gui/data/call_tree.h"
#include "gui/data/experts.h"
#include "gui/data/memory_model.h"

namespace hotloop::gui {
namespace {

class Maker {
public:
  void op(std::int64_t start, std::int64_t duration, const char *name) {
    OpEvent event;
    event.start = Nanoseconds(start);
    event.duration = Nanoseconds(duration);
    event.lane = ThreadId(1);
    event.name = builder.intern(name);
    builder.add(event);
  }
  void range(std::int64_t start, std::int64_t duration, const char *name) {
    RangeEvent event;
    event.start = Nanoseconds(start);
    event.duration = Nanoseconds(duration);
    event.lane = ThreadId(1);
    event.name = builder.intern(name);
    event.kind = RangeKind::kPushPop;
    builder.add(event);
  }
  void mark(std::int64_t start, std::int64_t value) {
    RangeEvent event;
    event.start = Nanoseconds(start);
    event.lane = ThreadId(1);
    event.name = builder.intern("tokens per expert");
    event.kind = RangeKind::kMark;
    event.payloadKind = PayloadKind::kInteger;
    event.payloadInteger = value;
    builder.add(event);
  }
  void allocation(std::int64_t start, std::uint64_t address, std::int64_t bytes, bool taken) {
    AllocationEvent event;
    event.start = Nanoseconds(start);
    event.lane = ThreadId(1);
    event.action = taken ? AllocationAction::kAllocate : AllocationAction::kFree;
    event.allocator = Allocator::kTorchCpu;
    event.address = address;
    event.bytes = bytes;
    builder.add(event);
  }
  TraceView view() {
    ThreadRow thread;
    thread.id = ThreadId(1);
    thread.name = builder.intern("main");
    builder.add(thread);
    auto built = builder.build();
    EXPECT_TRUE(built.has_value());
    return std::move(*built);
  }
  TraceBuilder builder;
};

std::string text(const CallTree &tree, std::uint32_t node = 0, int depth = 0) {
  const CallNode &entry = tree.nodes[node];
  std::string out = std::string(static_cast<std::size_t>(depth), ' ') + entry.name + " " +
                    std::to_string(entry.count) + " " + std::to_string(entry.total) + " " +
                    std::to_string(entry.self) + " " + std::to_string(entry.bytes) + "\n";
  for (const std::uint32_t child : entry.children) out += text(tree, child, depth + 1);
  return out;
}

TEST(CallTree, RangesHoldOperatorsAndNumbersAreOne) {
  Maker maker;
  for (int i = 0; i < 2; ++i) {
    const std::int64_t t = i * 1000;
    maker.range(t, 500, i == 0 ? "layer 0" : "layer 1");
    maker.op(t + 10, 100, "aten::linear");
    maker.op(t + 20, 50, "aten::mm");
    maker.op(t + 600, 40, "aten::add");
  }
  maker.allocation(25, 1, 64, true);
  EXPECT_EQ(text(buildCallTree(maker.view())), "run 0 1080 0 64\n"
                                               " main 0 1080 0 64\n"
                                               "  layer * 2 1000 800 64\n"
                                               "   aten::linear 2 200 100 64\n"
                                               "    aten::mm 2 100 100 64\n"
                                               "  aten::add 2 80 80 0\n");
}

TEST(CallTree, ScopesWithNumbersAreOneAsWell) {
  Maker maker;
  for (int i = 0; i < 3; ++i) {
    OpEvent step;
    step.start = Nanoseconds(i * 1000);
    step.duration = Nanoseconds(900);
    step.lane = ThreadId(1);
    step.name = maker.builder.intern("ProfilerStep#" + std::to_string(i));
    step.scope = OpScope::kUserScope;
    maker.builder.add(step);
    maker.op(i * 1000 + 10, 100, i == 0 ? "conv2d" : "conv1d"); // operators keep their numbers
  }
  EXPECT_EQ(text(buildCallTree(maker.view())), "run 0 2700 0 0\n"
                                               " main 0 2700 0 0\n"
                                               "  ProfilerStep#* 3 2700 2400 0\n"
                                               "   conv1d 2 200 200 0\n"
                                               "   conv2d 1 100 100 0\n");
}

TEST(Experts, BurstsOfMarksAreSamplesPerLayer) {
  Maker maker;
  for (int step = 0; step < 3; ++step) {
    // Two layers of four experts; each layer routes 16 tokens.
    const std::int64_t tokens[] = {4, 4, 4, 4, 10, 2, 2, 2};
    for (int i = 0; i < 8; ++i) maker.mark(step * 10'000'000 + i * 100, tokens[i]);
  }
  const Experts experts = findExperts(maker.view());
  EXPECT_EQ(experts.experts, 4u);
  EXPECT_EQ(experts.layers, 2u);
  ASSERT_EQ(experts.samples.size(), 6u);
  EXPECT_DOUBLE_EQ(experts.samples[0].imbalance(), 1.0);
  EXPECT_DOUBLE_EQ(experts.samples[1].imbalance(), 2.5);
}

TEST(Memory, ThePeakIsWhatIsAliveAtOnce) {
  Maker maker;
  maker.allocation(10, 1, 100, true);
  maker.allocation(20, 2, 200, true);
  maker.allocation(30, 1, 0, false);
  maker.allocation(40, 1, 50, true);
  maker.allocation(50, 9, 0, false); // taken before the recording
  const MemoryModel memory = buildMemoryModel(maker.view());
  EXPECT_EQ(memory.peakBytes, 300);
  EXPECT_EQ(memory.peakTime, 20);
  ASSERT_EQ(memory.sites.size(), 1u);
  EXPECT_EQ(memory.sites[0].atPeak, 300);
  EXPECT_EQ(memory.sites[0].blocksAtPeak, 2u);
  EXPECT_EQ(memory.sites[0].allocated, 350);
}

} // namespace
} // namespace hotloop::gui
