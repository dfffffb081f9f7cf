#pragma once

#include "gui/pages/page.h"

namespace hotloop::gui {

// The ranked findings with the details of the current one. Enter frames its first occurrence on
// the timeline. Parts have object names: "summary", "quality", "findings", "details".
QWidget *makeFindingsPage(const PageContext &context);

} // namespace hotloop::gui
