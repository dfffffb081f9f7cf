#include "core/report/style.h"

#include <gtest/gtest.h>

namespace hotloop {
namespace {

bool autoColor(const ColorSurroundings &surroundings) {
  return decideColor(ColorMode::kAuto, surroundings);
}

TEST(Style, ExplicitModeWins) {
  EXPECT_TRUE(decideColor(ColorMode::kAlways, {.noColor = "1", .term = "dumb"}));
  EXPECT_FALSE(decideColor(ColorMode::kNever, {.terminal = true, .forceColor = "1"}));
}

TEST(Style, AutoFollowsTheConventions) {
  EXPECT_TRUE(autoColor({.terminal = true}));
  EXPECT_FALSE(autoColor({.terminal = false}));
  EXPECT_FALSE(autoColor({.terminal = true, .noColor = "1"}));
  EXPECT_FALSE(autoColor({.terminal = true, .noColor = "1", .forceColor = "1"}));
  EXPECT_FALSE(autoColor({.terminal = true, .term = "dumb"}));
  EXPECT_TRUE(autoColor({.terminal = false, .forceColor = "1"}));
  EXPECT_TRUE(autoColor({.terminal = false, .cliForce = "1", .term = "dumb"}));
  EXPECT_FALSE(autoColor({.terminal = false, .cliForce = "0"}));
  EXPECT_FALSE(autoColor({.terminal = true, .forceColor = "0"}));
}

TEST(Style, WritesCodesOnlyWhenEnabled) {
  EXPECT_EQ(Style(false).worse("x"), "x");
  EXPECT_EQ(Style(true).worse("x"), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(Style(true).bold(""), "");
}

} // namespace
} // namespace hotloop
