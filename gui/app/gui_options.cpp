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
  if (name == "--render") {
    options.mode = GuiMode::kRender;
    options.output = value;
  } else if (name == "--page") {
    if (findPage(value) == nullptr) {
      return Unexpected(invalidInput(
          fmt::format("--page {}: there is no such page; pages are: {}", value, pageIds())));
    }
    options.page = value;
  } else {
    return parseSize(value, options);
  }
  return {};
}

} // namespace

Result<GuiOptions> parseGuiOptions(const std::vector<std::string> &arguments) {
  GuiOptions options;
  bool onlyFiles = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string &word = arguments[i];
    if (onlyFiles || !word.starts_with('-') || word == "-") {
      if (!options.run.empty()) {
        return Unexpected(invalidInput(
            fmt::format("'{}': hotloop-gui opens one run at a time, and '{}' is given already",
                        word, options.run)));
      }
      options.run = word;
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
    } else if (name == "--render" || name == "--page" || name == "--size") {
      const bool attached = equals != std::string::npos;
      if (!attached && i + 1 == arguments.size()) {
        return Unexpected(invalidInput(fmt::format("{} needs a value; {}", name, kUsage)));
      }
      HOTLOOP_TRY(setOption(name, attached ? word.substr(equals + 1) : arguments[++i], options));
    } else {
      return Unexpected(invalidInput(fmt::format("unknown option '{}'; {}", word, kUsage)));
    }
  }
  if (options.mode == GuiMode::kRender && options.output.empty()) {
    return Unexpected(
        invalidInput(fmt::format("--render needs the name of a PNG file; {}", kUsage)));
  }
  if (options.run.empty() && options.mode != GuiMode::kWindow) {
    return Unexpected(invalidInput(fmt::format("no run file is given; {}", kUsage)));
  }
  return options;
}

std::string guiHelp() {
  return fmt::format("usage: hotloop-gui [options] [RUN]\n\n"
                     "Opens a run that hotloop record wrote.\n\n"
                     "  --page PAGE        the page to show first: {}\n"
                     "  --render OUT.png   draw the page into a picture, without a display\n"
                     "  --size WxH         of the picture, default 1280x800\n"
                     "  --check            only say whether the run can be shown\n"
                     "  --version, --help\n\n"
                     "Exit codes: 0 ok, 2 usage, input, or no display.\n",
                     pageIds());
}

} // namespace hotloop::gui
