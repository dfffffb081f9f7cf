#pragma once

#include "gui/pages/page.h"

namespace hotloop::gui {

// Step time and counters, where a step goes, why the device idles, the first findings, what is
// wrong with the data.
QWidget *makeSummaryPage(const PageContext &context);

} // namespace hotloop::gui
