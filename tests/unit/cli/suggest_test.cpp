#include "cli/arguments/suggest.h"

#include <gtest/gtest.h>

namespace hotloop::cli {
namespace {

TEST(Suggest, Distance) {
  EXPECT_EQ(editDistance("advise", "advise"), 0u);
  EXPECT_EQ(editDistance("advise", "advize"), 1u);
  EXPECT_EQ(editDistance("adivse", "advise"), 1u); // neighbours swapped
  EXPECT_EQ(editDistance("ADVISE", "advise"), 0u);
  EXPECT_EQ(editDistance("", "abc"), 3u);
  EXPECT_EQ(editDistance("kitten", "sitting"), 3u);
}

TEST(Suggest, Closest) {
  const std::vector<std::string_view> verbs{"record", "advise", "stats", "diff",
                                            "info",   "query",  "doctor"};
  EXPECT_EQ(closest("recrod", verbs), "record");
  EXPECT_EQ(closest("advice", verbs), "advise");
  EXPECT_EQ(closest("stat", verbs), "stats");
  EXPECT_EQ(closest("doc", verbs), "doctor");
  EXPECT_EQ(closest("xyzzy", verbs), "");
  EXPECT_EQ(closest("", verbs), "");
  EXPECT_EQ(closest(std::string(5000, 'a'), verbs), "");
  EXPECT_EQ(didYouMean("advice", verbs), "; did you mean 'advise'?");
  EXPECT_EQ(didYouMean("xyzzy", verbs), "");
}

} // namespace
} // namespace hotloop::cli
