#pragma once

#include "gui/pages/page.h"

namespace hotloop::gui {

// Tokens per expert over time as a heat map, and how unevenly they are spread.
QWidget *makeExpertsPage(const PageContext &context);

} // namespace hotloop::gui
