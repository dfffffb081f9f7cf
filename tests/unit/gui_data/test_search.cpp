#include "gui/data/trace/search.h"

#include <gtest/gtest.h>

#include "tests/unit/gui_data/made_trace.h"

namespace hotloop::gui {
namespace {

std::uint64_t hits(const Trace &trace, const std::string &query) {
  const auto search = Search::compile(trace, query);
  EXPECT_TRUE(search.has_value()) << query;
  return search ? search->count(trace) : 0;
}

TEST(Search, WordsMustAllOccur) {
  const Trace trace = test::traceOf({{0, 1, 0}, {10, 1, 1}, {20, 1, 11}, {30, 1, 1}});
  EXPECT_EQ(hits(trace, "NAME"), 4u);
  EXPECT_EQ(hits(trace, "name 1"), 3u);
  EXPECT_EQ(hits(trace, "name -11"), 3u);
  EXPECT_EQ(hits(trace, "\"name 11\""), 1u);
  EXPECT_EQ(hits(trace, "/1+$/"), 3u);
  EXPECT_EQ(hits(trace, "kind:operator"), 4u);
  EXPECT_EQ(hits(trace, "kind:kernel"), 0u);
  EXPECT_EQ(hits(trace, ""), 0u);
}

TEST(Search, BrokenExpressionsAreNamed) {
  const Trace trace = test::traceOf({{0, 1, 0}});
  const auto search = Search::compile(trace, "/(/");
  ASSERT_FALSE(search.has_value());
  EXPECT_NE(search.error().message.find("regular expression"), std::string::npos);
}

TEST(Search, WalksAllHitsForthAndBackAndAround) {
  const Trace trace = test::madeTrace({.seed = 2, .slices = 300});
  const auto search = Search::compile(trace, "\"name 3\"");
  ASSERT_TRUE(search.has_value());
  const std::uint64_t count = search->count(trace);
  ASSERT_GT(count, 10u);
  std::int64_t t = -1;
  std::int64_t before = -1;
  std::size_t steps = 0;
  for (; steps <= count; ++steps) {
    const std::uint32_t hit = search->next(trace, t);
    ASSERT_NE(hit, kNoSlice);
    ASSERT_EQ(trace.names[trace.name[hit]].text, "name 3");
    if (trace.start[hit] <= before) break; // around
    before = t = trace.start[hit];
  }
  EXPECT_LE(steps, count);
  const std::uint32_t back = search->previous(trace, before);
  EXPECT_LT(trace.start[back], before);
  EXPECT_EQ(search->next(trace, trace.start[back]), search->next(trace, before - 1));
}

} // namespace
} // namespace hotloop::gui
