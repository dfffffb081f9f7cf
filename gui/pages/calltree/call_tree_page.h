#pragma once

#include "gui/pages/page.h"

namespace hotloop::gui {

// Paths of ranges, operators and calls as a tree beside a flame graph; "flame" is the graph alone.
QWidget *makeCallTreePage(const PageContext &context);
QWidget *makeFlamePage(const PageContext &context);

} // namespace hotloop::gui
