#pragma once

#include "gui/pages/page.h"

namespace hotloop::gui {

// Two to eight runs: their steps aligned, what changed by operator, a differential flame graph, and
// where the difference of the step time comes from. The first run is the baseline.
QWidget *makeComparePage(const PageContext &context);

} // namespace hotloop::gui
