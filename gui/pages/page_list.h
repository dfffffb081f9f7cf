#pragma once

#include <span>
#include <string_view>

#include "gui/pages/page.h"

namespace hotloop::gui {

// What a page must know before it can be made.
enum class PageNeeds { kEvents, kAnalysis };

struct PageInfo {
  const char *id;    // on the command line: "findings"
  const char *title; // on its tab
  PageNeeds needs;
  bool inWindow; // false: only drawn to files, a window has it inside of another page
  // A new page; the caller owns it. Shows something, and says why where it has nothing.
  QWidget *(*make)(const PageContext &context);
};

// All pages, in the order of their tabs. The first is shown first.
std::span<const PageInfo> pageList();
// Null when there is no such page.
const PageInfo *findPage(std::string_view id);

} // namespace hotloop::gui
