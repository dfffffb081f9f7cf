#include <gmock/gmock.h>

#include "core/trace/trace_builder.h"
#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

void item(ScriptedLoop &loop, std::string_view function, std::int64_t duration = 1000) {
  loop.begin("aten::item", function);
  loop.op("aten::_local_scalar_dense", function, duration);
  loop.end();
}

// Steps of some work and `read`.
template <class Read> Analysis readbacks(int steps, Read &&read) {
  ScriptedLoop loop;
  for (int i = 0; i < steps; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "forward", 10'000'000);
    read(loop, i);
    loop.endStep();
  }
  return analyzeOnly("HL101", loop);
}

TEST(ScalarReadback, NamesAnItemPerStep) {
  const Analysis analysis = readbacks(20, [](ScriptedLoop &loop, int) { item(loop, "log"); });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  const Finding &finding = analysis.findings[0];
  EXPECT_EQ(finding.variant, "item");
  EXPECT_EQ(finding.site.function, "log");
  EXPECT_EQ(finding.perStep, 1);
  EXPECT_EQ(finding.felt, Felt::kWould); // a microsecond of ten milliseconds
  EXPECT_EQ(finding.evidence[0].description, "aten::item at step 1"); // step 0 is warm-up
  EXPECT_EQ(finding.hostTime.count, 2030);
}

TEST(ScalarReadback, SaysMeasuredWhenTheHostPaysHere) {
  const Analysis analysis =
      readbacks(20, [](ScriptedLoop &loop, int) { item(loop, "log", 1'000'000); });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].felt, Felt::kMeasured);
}

TEST(ScalarReadback, TellsBranchesApart) {
  const Analysis analysis = readbacks(20, [](ScriptedLoop &loop, int) {
    loop.begin("aten::is_nonzero", "decide");
    item(loop, "decide");
    loop.end();
    item(loop, "decide");
  });
  ASSERT_THAT(analysis.findings, SizeIs(2));
  for (const Finding &finding : analysis.findings) EXPECT_EQ(finding.perStep, 1);
  EXPECT_NE(analysis.findings[0].variant, analysis.findings[1].variant);
}

TEST(ScalarReadback, TellsPrintsByThePythonFrame) {
  for (const char *function : {"Tensor.__repr__", "__format__", "print", "__str__"}) {
    const Analysis analysis = readbacks(20, [&](ScriptedLoop &loop, int) {
      item(loop, function);
      loop.begin("aten::masked_select", function); // of the formatter: no finding of its own
      loop.end();
    });
    ASSERT_THAT(analysis.findings, SizeIs(1)) << function;
    EXPECT_EQ(analysis.findings[0].variant, "print");
    EXPECT_EQ(analysis.findings[0].perStep, 2);
  }
  const Analysis other = readbacks(20, [](ScriptedLoop &loop, int) { item(loop, "print_stats"); });
  ASSERT_THAT(other.findings, SizeIs(1));
  EXPECT_EQ(other.findings[0].variant, "item");
}

TEST(ScalarReadback, TellsPrintsByAStreamOperatorOnTheNativeStack) {
  TraceBuilder builder;
  builder.add(ThreadRow{.id = ThreadId(1)});
  const auto frame = [&](std::uint32_t id, std::string_view function, std::string_view file,
                         bool user, std::uint32_t parent) {
    builder.add(FrameRow{.id = FrameId(id),
                         .kind = FrameKind::kNative,
                         .function = builder.intern(function),
                         .file = builder.intern(file),
                         .line = 40 + id,
                         .user = user});
    builder.add(StackRow{.id = StackId(id), .parent = StackId(parent), .frame = FrameId(id)});
  };
  frame(1, "main", "train.cpp", true, 0);
  frame(2, "at::operator<<(std::ostream&, at::Tensor const&)", "", false, 1);
  frame(3, "at::Tensor::item", "", false, 2);
  for (int i = 0; i < 10; ++i) {
    const std::int64_t start = i * 1000;
    builder.add(StepEvent{.start = Nanoseconds(start),
                          .duration = Nanoseconds(900),
                          .lane = ThreadId(1),
                          .number = i,
                          .source = StepSource::kApi});
    builder.add(OpEvent{.start = Nanoseconds(start + 10),
                        .duration = Nanoseconds(20),
                        .lane = ThreadId(1),
                        .name = builder.intern("aten::_local_scalar_dense"),
                        .sequence = -1,
                        .stack = StackId(3)});
  }
  const Analysis analysis = analyzeOnly("HL101", std::move(builder.build()).value());
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].variant, "print");
  EXPECT_EQ(analysis.findings[0].site.text(), "train.cpp:41 main");
}

TEST(ScalarReadback, KeepsPlacesApart) {
  const Analysis analysis = readbacks(20, [](ScriptedLoop &loop, int) {
    item(loop, "one");
    item(loop, "two");
    item(loop, "two");
  });
  ASSERT_THAT(analysis.findings, SizeIs(2));
  EXPECT_EQ(analysis.findings[0].site.function, "two"); // more of them
  EXPECT_EQ(analysis.findings[0].perStep, 2);
}

TEST(ScalarReadback, TellsPlacesWithoutASiteApartByTheirRange) {
  const Analysis analysis = readbacks(20, [](ScriptedLoop &loop, int i) {
    for (const char *range : {"loss ", "metrics "}) {
      loop.pushRange(range + std::to_string(i));
      item(loop, "");
      loop.popRange();
    }
  });
  ASSERT_THAT(analysis.findings, SizeIs(2));
  EXPECT_EQ(analysis.findings[0].site.rangePath, "loss *");
  EXPECT_EQ(analysis.findings[1].site.rangePath, "metrics *");
}

TEST(ScalarReadback, LeavesLoggingEveryHundredthStepAlone) {
  const Analysis analysis = readbacks(300, [](ScriptedLoop &loop, int i) {
    if (i % 100 == 50) item(loop, "log");
  });
  EXPECT_THAT(analysis.findings, IsEmpty());
  EXPECT_THAT(analysis.notWorth, IsEmpty());
  ASSERT_THAT(analysis.seldom, SizeIs(1));
  EXPECT_THAT(analysis.seldom[0].mayNotPay, HasSubstr("in 3 of 299 steady steps"));
}

TEST(ScalarReadback, LeavesAReadAfterTheLoopAlone) {
  ScriptedLoop loop;
  for (int i = 0; i < 20; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "forward", 10'000);
    loop.endStep();
  }
  item(loop, "report");
  const Analysis analysis = analyzeOnly("HL101", loop);
  EXPECT_THAT(analysis.findings, IsEmpty());
  EXPECT_THAT(analysis.notWorth, IsEmpty());
}

TEST(ScalarReadback, LeavesReadsOfDynamicShapesToTheirRule) {
  const Analysis analysis = readbacks(20, [](ScriptedLoop &loop, int) {
    loop.begin("aten::repeat_interleave", "spread");
    item(loop, "spread");
    loop.end();
    loop.begin("aten::index", "pick");
    loop.op("aten::nonzero", "pick");
    loop.end();
  });
  EXPECT_THAT(analysis.findings, IsEmpty());
}

} // namespace
} // namespace hotloop
