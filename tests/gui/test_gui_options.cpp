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
  EXPECT_EQ(render->runs, std::vector<std::string>{"r.hotloop"});
  EXPECT_EQ(render->view, "findings");
  EXPECT_EQ(render->width, 800);
  EXPECT_EQ(render->height, 600);

  const auto compared = parseGuiOptions({"a", "b", "--view", "compare", "-o=x.svg", "--theme=dark",
                                         "--scale", "2", "--range", "all"});
  ASSERT_TRUE(compared);
  EXPECT_EQ(compared->runs.size(), 2u);
  EXPECT_TRUE(compared->dark);
  EXPECT_EQ(compared->scale, 2);
  EXPECT_EQ(compared->range, "all");
  EXPECT_EQ(parseGuiOptions({"--check", "r"})->mode, GuiMode::kCheck);
  EXPECT_EQ(parseGuiOptions({"--", "--check"})->runs.front(), "--check");
  EXPECT_EQ(parseGuiOptions({"--help", "--nonsense"})->mode, GuiMode::kHelp);
  EXPECT_EQ(parseGuiOptions({"--version"})->mode, GuiMode::kVersion);
}

TEST(GuiOptions, SaysWhatIsWrong) {
  const std::pair<std::vector<std::string>, const char *> cases[] = {
      {{"--frobnicate", "r"}, "unknown option '--frobnicate'"},
      {{"--render"}, "--render needs a value"},
      {{"--render=", "r"}, "ends in .png or .svg"},
      {{"-o", "x.gif", "r"}, "ends in .png or .svg"},
      {{"--headless", "r"}, "needs -o FILE"},
      {{"--theme", "pink", "r"}, "light or dark"},
      {{"--scale", "3", "r"}, "--scale 3"},
      {{"--check"}, "no run file"},
      {{"--render", "o.png"}, "no run file"},
      {{"a", "b", "-o", "x.png"}, "only --view compare"},
      {{"a", "b", "c", "d", "e", "f", "g", "h", "i"}, "at most 8"},
      {{"--page", "nowhere", "r"}, "pages are: summary, findings"},
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
