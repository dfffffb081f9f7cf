#pragma once

#include "gui/pages/page.h"

namespace hotloop::gui {

// Allocated and reserved bytes over time, who holds them at the peak, who takes most.
QWidget *makeMemoryPage(const PageContext &context);

} // namespace hotloop::gui
