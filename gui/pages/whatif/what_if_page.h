#pragma once

#include "gui/pages/page.h"

namespace hotloop::gui {

// Fixes as switches: the recorded step, the replayed one, and the predicted one with the fixes that
// are on, as a waterfall.
QWidget *makeWhatIfPage(const PageContext &context);

} // namespace hotloop::gui
