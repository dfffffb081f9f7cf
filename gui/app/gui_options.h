#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace hotloop::gui {

enum class GuiMode { kWindow, kCheck, kRender, kHelp, kVersion };

struct GuiOptions {
  GuiMode mode = GuiMode::kWindow;
  std::string run;    // may be empty with kWindow only
  std::string output; // kRender: the PNG file
  std::string page;   // empty: the first
  int width = 1280;   // kRender, pixels
  int height = 800;
};

// Options in any order; "--name value" and "--name=value"; "--" ends them. Errors: unknown or
// incomplete option, bad size, unknown page, no run.
Result<GuiOptions> parseGuiOptions(const std::vector<std::string> &arguments);

// What --help prints.
std::string guiHelp();

} // namespace hotloop::gui
