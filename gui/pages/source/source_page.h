#pragma once

#include "gui/pages/page.h"

namespace hotloop::gui {

// The user's files with what each line costs in the margin; files that are not on this machine show
// their lines' costs alone.
QWidget *makeSourcePage(const PageContext &context);

} // namespace hotloop::gui
