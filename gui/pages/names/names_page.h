#pragma once

#include "gui/pages/page.h"

namespace hotloop::gui {

// Tables of kernels (with copies and fills), and of operators, by name: how often, how long; with
// the histogram of the current one. "histogram" is that alone.
QWidget *makeKernelsPage(const PageContext &context);
QWidget *makeOperatorsPage(const PageContext &context);
QWidget *makeHistogramPage(const PageContext &context);

} // namespace hotloop::gui
