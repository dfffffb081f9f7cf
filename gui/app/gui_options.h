#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace hotloop::gui {

enum class GuiMode { kWindow, kCheck, kRender, kHelp, kVersion };

struct GuiOptions {
  GuiMode mode = GuiMode::kWindow;
  std::vector<std::string> runs; // none with kWindow only
  std::string output;            // kRender: a .png or .svg file
  std::string view;              // a page; empty: the first
  std::string range;             // kRender, kWindow: see gui/data/time_range.h
  std::string select;            // a name, file or site that the page shows first
  int width = 1280;              // kRender, logical pixels
  int height = 800;
  double scale = 1; // device pixels per logical pixel
  bool dark = false;
  bool cache = true; // keep timelines beside runs
};

inline constexpr std::size_t kMostRuns = 8;

// Options in any order; "--name value" and "--name=value"; "--" ends them. Errors: unknown or
// incomplete option, bad size, unknown page, no run, too many runs.
Result<GuiOptions> parseGuiOptions(const std::vector<std::string> &arguments);

// What --help prints.
std::string guiHelp();

} // namespace hotloop::gui
