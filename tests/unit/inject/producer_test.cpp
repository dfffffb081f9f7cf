#include <gmock/gmock.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "collectors/inject/live_folder.h"
#include "collectors/inject/live_session.h"
#include "collectors/inject/native_symbols.h"
#include "collectors/inject/process_state.h"
#include "collectors/inject/producer.h"
#include "core/trace/trace_builder.h"

// The producer inside this test program, read by a session in the same program: everything is
// recorded once, then looked at.
namespace hotloop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint8_t kTorchCpu = 1;
constexpr int kDistinctNames = 70'000; // more than a thread keeps

inject::RangeAttributes named(std::string_view name, std::uint32_t domain = 0) {
  inject::RangeAttributes attributes;
  attributes.name = name;
  attributes.domain = domain;
  if (domain != 0) attributes.domainName = domain == 1 ? "first domain" : "second domain";
  return attributes;
}

std::uint32_t fakeLeaf(inject::ThreadState &thread) noexcept {
  return inject::internPythonFrame(thread, "train", "train.py", 42, true);
}
std::size_t fakeStack(inject::ThreadState &thread, std::uint32_t *ids,
                      std::size_t capacity) noexcept {
  if (capacity < 2) return 0;
  ids[0] = fakeLeaf(thread);
  ids[1] = inject::internPythonFrame(thread, "main", "train.py", 99, true);
  return 2;
}
constexpr inject::FrameWalker kFakeWalker{fakeLeaf, fakeStack};

[[gnu::noinline]] void readScalarForTest() {
  inject::opBegin("aten::_local_scalar_dense", 0, -1, 0);
  inject::opEnd();
  asm volatile("" ::: "memory"); // no tail call: the frame stays
}

void recordOperators() {
  inject::setFrameWalker(&kFakeWalker);
  inject::opBegin("aten::outer", 0, 17, 3);
  readScalarForTest();
  inject::allocation(kTorchCpu, 0x1000, 4096, 5000, -1, -1);
  inject::opEnd();
  inject::allocation(kTorchCpu, 0x1000, -4096, 904, -1, -1);
  inject::opEnd(); // one too many: ignored
  inject::setFrameWalker(nullptr);
}

void recordRanges() {
  EXPECT_EQ(inject::rangePush(named("outer", 1)), 0);
  EXPECT_EQ(inject::rangePush(named("other", 2)), 0);
  EXPECT_EQ(inject::rangePush(named("inner", 1)), 1);
  EXPECT_EQ(inject::rangePop(2), 0); // closes `other`, which is not the last one
  EXPECT_EQ(inject::rangePop(1), 1);
  EXPECT_EQ(inject::rangePop(1), 0);
  EXPECT_LT(inject::rangePop(1), 0); // unbalanced
  inject::RangeAttributes attributes = named("payload");
  attributes.payloadKind = 1;
  attributes.payload = static_cast<std::uint64_t>(-5);
  attributes.color = 0xff00ff00;
  attributes.category = 9;
  inject::mark(attributes);
  const std::uint64_t handle = inject::rangeStart(named("across threads"));
  std::thread([handle] { inject::rangeEnd(handle); }).join();
  inject::rangeStart(named("never ended"));
}

void recordDeepNesting() {
  for (int i = 0; i < 200; ++i) inject::rangePush(named("deep"));
  for (int i = 0; i < 200; ++i) inject::rangePop(0);
}

template <class Session> void recordManyNames(Session &session) {
  inject::rangePush(named("the outermost"));
  inject::opBegin("the outermost operator", 7, -1, 0);
  for (int i = 0; i < kDistinctNames; ++i) {
    inject::mark(named("name " + std::to_string(i)));
    if (i % 5000 == 0) session.poll();
  }
  inject::opEnd();
  inject::rangePop(0);
}

TraceView recordEverything() {
  auto folder = LiveFolder::create("run.hotloop");
  if (!folder) throw std::runtime_error(folder.error().message);
  ::setenv(inject::kLiveVariable, folder->path().c_str(), 1);
  inject::startProcess();
  ::unsetenv(inject::kLiveVariable);
  inject::meta("told_early", "before the first event");
  TraceBuilder builder;
  LiveSession session(*folder, builder, readClocks());
  std::thread([] {
    inject::stepBegin(1);
    inject::stepBegin(2); // ends step 1
    inject::stepEnd();
    inject::stepEnd(); // ignored
    inject::threadName(0, "stepper");
  }).join();
  std::thread(recordOperators).join();
  session.poll();
  std::thread(recordRanges).join();
  std::thread(recordDeepNesting).join();
  std::thread([&session] { recordManyNames(session); }).join();
  inject::meta("told_late", "after it");
  inject::meta("state", "clean");
  inject::finishProcess();
  session.finish();
  addNativeSymbols(session.callSites(), builder);
  auto view = builder.build();
  if (!view) throw std::runtime_error(view.error().message);
  return *view;
}

const TraceView &run() {
  static const TraceView view = recordEverything();
  return view;
}

std::optional<std::size_t> rangeNamed(std::string_view name) {
  for (std::size_t i = 0; i < run()->ranges.name.size(); ++i)
    if (run().text(run()->ranges.name[i]) == name) return i;
  return std::nullopt;
}
std::optional<std::size_t> opNamed(std::string_view name) {
  for (std::size_t i = 0; i < run()->ops.name.size(); ++i)
    if (run().text(run()->ops.name[i]) == name) return i;
  return std::nullopt;
}
std::int64_t quality(std::string_view name) {
  for (std::size_t i = 0; i < run()->quality.name.size(); ++i)
    if (run().text(run()->quality.name[i]) == name) return run()->quality.count[i];
  return 0;
}
// Functions of a stack, innermost first.
std::vector<std::string> functions(StackId stack) {
  std::vector<std::string> names;
  for (; stack; stack = run()->stacks.parent[stack.value - 1]) {
    const FrameId frame = run()->stacks.frame[stack.value - 1];
    names.emplace_back(run().text(run()->frames.function[frame.value - 1]));
  }
  return names;
}

TEST(Producer, OperatorsNestAndKeepTheirFacts) {
  const auto outer = opNamed("aten::outer"), inner = opNamed("aten::_local_scalar_dense");
  ASSERT_TRUE(outer && inner);
  const OpColumns &ops = run()->ops;
  EXPECT_EQ(ops.depth[*outer], 0);
  EXPECT_EQ(ops.depth[*inner], 1);
  EXPECT_EQ(ops.sequence[*outer], 17);
  EXPECT_EQ(ops.forwardThread[*outer], 3u);
  EXPECT_EQ(ops.sequence[*inner], -1);
  EXPECT_GE(ops.start[*inner], ops.start[*outer]);
  EXPECT_LE(ops.start[*inner] + ops.duration[*inner], ops.start[*outer] + ops.duration[*outer]);
  EXPECT_EQ(ops.lane[*inner], ops.lane[*outer]);
}

TEST(Producer, EveryOperatorHasItsPythonLine) {
  const auto outer = opNamed("aten::outer");
  ASSERT_TRUE(outer);
  const FrameId location = run()->ops.location[*outer];
  ASSERT_TRUE(location);
  EXPECT_EQ(run()->frames.line[location.value - 1], 42u);
  EXPECT_EQ(run().text(run()->frames.file[location.value - 1]), "train.py");
  EXPECT_FALSE(run()->ops.stack[*outer]); // it would not synchronise
}

TEST(Producer, OperatorsThatWouldSynchroniseHaveNativeFramesCalledFromPythonOnes) {
  const auto inner = opNamed("aten::_local_scalar_dense");
  ASSERT_TRUE(inner);
  const auto names = functions(run()->ops.stack[*inner]);
  ASSERT_GE(names.size(), 4u);
  EXPECT_THAT(names, ::testing::Contains(HasSubstr("readScalarForTest")));
  EXPECT_THAT(names, ::testing::Contains(HasSubstr("recordOperators")));
  EXPECT_EQ(names[names.size() - 2], "train");
  EXPECT_EQ(names.back(), "main");
}

TEST(Producer, NativeFramesHaveFileAndLine) {
  bool found = false;
  for (std::size_t i = 0; i < run()->frames.id.size(); ++i) {
    if (run().text(run()->frames.function[i]).find("readScalarForTest") == std::string_view::npos)
      continue;
    EXPECT_THAT(std::string(run().text(run()->frames.file[i])), HasSubstr("producer_test.cpp"));
    EXPECT_GT(run()->frames.line[i], 0u);
    found = true;
  }
  EXPECT_TRUE(found);
}

TEST(Producer, AllocationsHaveStacksAndFreesHaveNone) {
  const AllocationColumns &rows = run()->allocations;
  ASSERT_EQ(rows.bytes.size(), 2u);
  EXPECT_THAT(rows.action, ElementsAre(AllocationAction::kAllocate, AllocationAction::kFree));
  EXPECT_THAT(rows.bytes, ElementsAre(4096, 4096));
  EXPECT_THAT(rows.totalAllocated, ElementsAre(5000, 904));
  EXPECT_THAT(rows.totalReserved, ElementsAre(-1, -1));
  EXPECT_TRUE(rows.stack[0]);
  EXPECT_FALSE(rows.stack[1]);
  EXPECT_TRUE(rows.location[0]);
  EXPECT_FALSE(rows.device[0]);
}

TEST(Producer, RangesNestPerDomain) {
  const auto outer = rangeNamed("outer"), other = rangeNamed("other"), inner = rangeNamed("inner");
  ASSERT_TRUE(outer && other && inner);
  const RangeColumns &ranges = run()->ranges;
  EXPECT_EQ(ranges.depth[*outer], 0);
  EXPECT_EQ(ranges.depth[*other], 0);
  EXPECT_EQ(ranges.depth[*inner], 1);
  EXPECT_EQ(run().text(ranges.domain[*inner]), "first domain");
  EXPECT_EQ(run().text(ranges.domain[*other]), "second domain");
  EXPECT_EQ(quality("unbalanced_pops"), 1);
}

TEST(Producer, MarksKeepPayloadColorAndCategory) {
  const auto mark = rangeNamed("payload");
  ASSERT_TRUE(mark);
  const RangeColumns &ranges = run()->ranges;
  EXPECT_EQ(ranges.kind[*mark], RangeKind::kMark);
  EXPECT_EQ(ranges.duration[*mark].count, 0);
  EXPECT_EQ(ranges.payloadKind[*mark], PayloadKind::kInteger);
  EXPECT_EQ(ranges.payloadInteger[*mark], -5);
  EXPECT_EQ(ranges.color[*mark], 0xff00ff00u);
  EXPECT_EQ(ranges.category[*mark], 9u);
}

TEST(Producer, RangesMayEndInAnotherThread) {
  const auto range = rangeNamed("across threads");
  ASSERT_TRUE(range);
  EXPECT_EQ(run()->ranges.kind[*range], RangeKind::kStartEnd);
  EXPECT_NE(run()->ranges.lane[*range], run()->ranges.endLane[*range]);
  EXPECT_GT(run()->ranges.duration[*range].count, 0);
  EXPECT_FALSE(rangeNamed("never ended"));
  EXPECT_EQ(quality("unclosed_ranges"), 1);
}

TEST(Producer, TooDeepNestingIsCountedAndStaysBalanced) {
  EXPECT_EQ(quality("open_overflow"), 200 - 128);
  std::int64_t deep = 0, deepest = 0;
  for (std::size_t i = 0; i < run()->ranges.name.size(); ++i)
    if (run().text(run()->ranges.name[i]) == "deep") {
      ++deep;
      deepest = std::max<std::int64_t>(deepest, run()->ranges.depth[i]);
    }
  EXPECT_EQ(deep, 128);
  EXPECT_EQ(deepest, 127);
}

TEST(Producer, NamesStayRightWhenMoreAreUsedThanAThreadKeeps) {
  EXPECT_TRUE(rangeNamed("the outermost"));
  EXPECT_TRUE(opNamed("the outermost operator"));
  EXPECT_EQ(run()->ops.scope[*opNamed("the outermost operator")], OpScope::kUserScope);
  std::vector<bool> seen(kDistinctNames);
  for (const StringId id : run()->ranges.name) {
    const std::string_view name = run().text(id);
    if (name.substr(0, 5) == "name ") seen[std::stoul(std::string(name.substr(5)))] = true;
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), kDistinctNames);
  EXPECT_EQ(quality("dropped_records"), 0);
  EXPECT_EQ(quality("lost_records"), 0);
}

TEST(Producer, ABeginEndsAnOpenStep) {
  EXPECT_THAT(run()->steps.number, ElementsAre(1, 2));
  EXPECT_LE(run()->steps.start[0] + run()->steps.duration[0], run()->steps.start[1]);
}

TEST(Producer, ThreadsHaveTheirNames) {
  const ThreadId lane = run()->steps.lane[0];
  EXPECT_EQ(run().text(run()->threads.name[lane.value - 1]), "stepper");
}

TEST(Producer, MetaIsKeptUntilTheFirstEventAndCannotTouchOurOwn) {
  EXPECT_EQ(run().meta("told_early"), "before the first event");
  EXPECT_EQ(run().meta("told_late"), "after it");
  EXPECT_EQ(run().meta("state"), "");
}

} // namespace
} // namespace hotloop
