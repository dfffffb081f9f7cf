#include "gui/app/gui_options.h"

#include <charconv>
#include <fmt/format.h>

#include "gui/pages/page_list.h"

namespace hotloop::gui {
namespace {

constexpr int kSmallest = 200;
constexpr int kLargest = 8192;
constexpr const char *kUsage = "hotloop-gui --help shows how to use it";

std::string pageIds() {
  std::string ids;
  for (const PageInfo &page : pageList()) ids += (ids.empty() ? "" : ", ") + std::string(page.id);
  return ids;
}

Result<void> parseSize(const std::string &text, GuiOptions &options) {
  const char *end = text.data() + text.size();
  const auto width = std::from_chars(text.data(), end, options.width);
  if (width.ec == std::errc() && width.ptr != end && *width.ptr == 'x') {
    const auto height = std::from_chars(width.ptr + 1, end, options.height);
    const auto fits = [](int pixels) { return pixels >= kSmallest && pixels <= kLargest; };
    if (height.ec == std::errc() && height.ptr == end && fits(options.width) &&
        fits(options.height)) {
      return {};
    }
  }
  return Unexpected(invalidInput(fmt::format(
      "--size {}: give width x height in pixels, each from {} to {}, as in --size 1280x800", text,
      kSmallest, kLargest)));
}

Result<void> setOption(const std::string &name, const std::string &value, GuiOptions &options) {
  if (name == "--render" || name == "-o" || name == "--output") {
    if (!value.ends_with(".png") && !value.ends_with(".svg")) {
      return Unexpected(
          invalidInput(fmt::format("{} {}: give a file that ends in .png or .svg", name, value)));
    }
    options.mode = GuiMode::kRender;
    options.output = value;
  } else if (name == "--page" || name == "--view") {
    if (findPage(value) == nullptr) {
      return Unexpected(invalidInput(
          fmt::format("{} {}: there is no such page; pages are: {}", name, value, pageIds())));
    }
    options.view = value;
  } else if (name == "--range") {
    options.range = value;
  } else if (name == "--select") {
    options.select = value;
  } else if (name == "--theme") {
    if (value != "light" && value != "dark")
      return Unexpected(invalidInput(fmt::format("--theme {}: give light or dark", value)));
    options.dark = value == "dark";
  } else if (name == "--scale") {
    if (value != "1" && value != "2")
      return Unexpected(invalidInput(fmt::format("--scale {}: give 1 or 2", value)));
    options.scale = value == "2" ? 2 : 1;
  } else {
    return parseSize(value, options);
  }
  return {};
}

bool takesValue(const std::string &name) {
  for (const char *known : {"--render", "-o", "--output", "--page", "--view", "--range", "--select",
                            "--theme", "--scale", "--size"}) {
    if (name == known) return true;
  }
  return false;
}

} // namespace

Result<GuiOptions> parseGuiOptions(const std::vector<std::string> &arguments) {
  GuiOptions options;
  bool onlyFiles = false;
  bool headless = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string &word = arguments[i];
    if (onlyFiles || !word.starts_with('-') || word == "-") {
      options.runs.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (word == "--") {
      onlyFiles = true;
    } else if (word == "--help" || word == "-h") {
      options.mode = GuiMode::kHelp;
      return options;
    } else if (word == "--version") {
      options.mode = GuiMode::kVersion;
      return options;
    } else if (word == "--check") {
      options.mode = GuiMode::kCheck;
    } else if (word == "--headless") {
      headless = true;
    } else if (word == "--no-cache") {
      options.cache = false;
    } else if (takesValue(name)) {
      const bool attached = equals != std::string::npos;
      if (!attached && i + 1 == arguments.size()) {
        return Unexpected(invalidInput(fmt::format("{} needs a value; {}", name, kUsage)));
      }
      HOTLOOP_TRY(setOption(name, attached ? word.substr(equals + 1) : arguments[++i], options));
    } else {
      return Unexpected(invalidInput(fmt::format("unknown option '{}'; {}", word, kUsage)));
    }
  }
  if (headless && options.mode != GuiMode::kRender) {
    return Unexpected(invalidInput("hotloop render needs -o FILE, a .png or .svg to draw into"));
  }
  if (options.runs.empty() && options.mode != GuiMode::kWindow)
    return Unexpected(invalidInput(fmt::format("no run file is given; {}", kUsage)));
  if (options.runs.size() > kMostRuns) {
    return Unexpected(
        invalidInput(fmt::format("{} runs are given, and at most {} can be shown together",
                                 options.runs.size(), kMostRuns)));
  }
  if (options.mode == GuiMode::kRender && options.view != "compare" && options.runs.size() > 1) {
    return Unexpected(invalidInput(fmt::format(
        "{} runs are given, and only --view compare shows more than one", options.runs.size())));
  }
  return options;
}

std::string guiHelp() {
  return fmt::format("usage: hotloop-gui [options] [RUN...]\n\n"
                     "Opens runs that hotloop record or hotloop import wrote.\n\n"
                     "  --view PAGE        the page to show first: {}\n"
                     "  --range RANGE      START..END (ns, us, ms, s), step:N, steps:A..B,\n"
                     "                     finding:N, or all\n"
                     "  --select TEXT      a name, file or site that the page shows first\n"
                     "  --theme THEME      light (default) or dark\n"
                     "  --no-cache         keep nothing beside the run\n"
                     "  --version, --help\n\n"
                     "Without a window:\n\n"
                     "  -o FILE            draw the page into FILE, a .png or .svg\n"
                     "  --size WxH         of the picture, default 1280x800\n"
                     "  --scale 1|2        device pixels per pixel, default 1\n"
                     "  --headless         never open a window: -o must be given\n"
                     "  --check            only say whether the run can be shown\n\n"
                     "Exit codes: 0 ok, 2 usage, input, or no display.\n",
                     pageIds());
}

} // namespace hotloop::gui
