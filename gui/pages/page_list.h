#pragma once

#include <span>

#include "gui/data/run_document.h"

class QWidget;

namespace hotloop::gui {

// One way to look at a run.
struct PageInfo {
  const char *id;    // on the command line: "findings"
  const char *title; // on its tab
  // A new page over `document`; the caller owns it. Shows something, and says why where it has
  // nothing.
  QWidget *(*make)(RunDocumentPtr document);
};

// All pages, in the order of their tabs. The first is shown first.
std::span<const PageInfo> pageList();
// Null when there is no such page.
const PageInfo *findPage(std::string_view id);

} // namespace hotloop::gui
