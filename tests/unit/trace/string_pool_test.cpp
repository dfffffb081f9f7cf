#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/trace/string_pool.h"

namespace hotloop {
namespace {

TEST(StringPool, GivesOneIdPerText) {
  StringPool pool;
  EXPECT_EQ(pool.intern(""), StringId());
  const StringId first = pool.intern("aten::mm");
  EXPECT_EQ(first, StringId(1));
  EXPECT_EQ(pool.intern("aten::" + std::string("mm")), first);
  EXPECT_EQ(pool.intern(std::string_view("a\0b", 3)), StringId(2));
  EXPECT_EQ(pool.size(), 3u);
  EXPECT_EQ(pool.text(first), "aten::mm");
  EXPECT_EQ(pool.find("aten::mm"), first);
  EXPECT_EQ(pool.find("absent"), StringId());
  EXPECT_EQ(pool.text(StringId(99)), "");
}

TEST(StringPool, ViewsOutliveGrowthAndMoves) {
  StringPool pool;
  std::vector<std::string_view> views;
  for (int i = 0; i < 10'000; ++i) views.push_back(pool.text(pool.intern(std::to_string(i))));
  const StringPool moved = std::move(pool);
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_EQ(views[static_cast<std::size_t>(i)], std::to_string(i));
    ASSERT_EQ(moved.find(std::to_string(i)), StringId(static_cast<std::uint32_t>(i + 1)));
  }
}

} // namespace
} // namespace hotloop
