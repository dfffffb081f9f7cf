#pragma once

#include "gui/pages/page.h"

namespace hotloop::gui {

// Places of the user's code by what a steady step spends there, with the spread over steps.
QWidget *makeSitesPage(const PageContext &context);

} // namespace hotloop::gui
