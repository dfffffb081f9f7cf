#include "gui/app/gui_options.h"

#include <gtest/gtest.h>

namespace hotloop::gui {
namespace {

TEST(GuiOptions, ReadsEveryOption) {
  const auto window = parseGuiOptions({});
  ASSERT_TRUE(window);
  EXPECT_EQ(window->mode, GuiMode::kWindow);

  const auto render =
      parseGuiOptions({"--render", "o.png", "r.hotloop", "--size=800x600", "--page", "findings"});
  ASSERT_TRUE(render);
  EXPECT_EQ(render->mode, GuiMode::kRender);
  EXPECT_EQ(render->output, "o.png");
  EXPECT_EQ(render->run, "r.hotloop");
  EXPECT_EQ(render->page, "findings");
  EXPECT_EQ(render->width, 800);
  EXPECT_EQ(render->height, 600);

  EXPECT_EQ(parseGuiOptions({"--check", "r"})->mode, GuiMode::kCheck);
  EXPECT_EQ(parseGuiOptions({"--", "--check"})->run, "--check");
  EXPECT_EQ(parseGuiOptions({"--help", "--nonsense"})->mode, GuiMode::kHelp);
  EXPECT_EQ(parseGuiOptions({"--version"})->mode, GuiMode::kVersion);
}

TEST(GuiOptions, SaysWhatIsWrong) {
  const std::pair<std::vector<std::string>, const char *> cases[] = {
      {{"--frobnicate", "r"}, "unknown option '--frobnicate'"},
      {{"--render"}, "--render needs a value"},
      {{"--render=", "r"}, "--render needs the name of a PNG file"},
      {{"--check"}, "no run file"},
      {{"--render", "o.png"}, "no run file"},
      {{"a", "b"}, "one run at a time"},
      {{"--page", "nowhere", "r"}, "pages are: findings"},
      {{"--size", "0x0", "r"}, "--size 0x0"},
      {{"--size", "100000x600", "r"}, "width x height"},
      {{"--size", "800", "r"}, "width x height"},
      {{"--size", "800x600x", "r"}, "width x height"},
      {{"--size", "99999999999x600", "r"}, "width x height"},
  };
  for (const auto &[arguments, sentence] : cases) {
    const auto options = parseGuiOptions(arguments);
    ASSERT_FALSE(options) << sentence;
    EXPECT_NE(options.error().message.find(sentence), std::string::npos) << options.error().message;
  }
}

} // namespace
} // namespace hotloop::gui
