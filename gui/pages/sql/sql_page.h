#pragma once

#include "gui/pages/page.h"

namespace hotloop::gui {

// A console over the run file: one statement that reads at a time, in a job that can be cancelled.
QWidget *makeSqlPage(const PageContext &context);

} // namespace hotloop::gui
