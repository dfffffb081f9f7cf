#pragma once

#include <QString>

#include "core/report/change_plan.h"

class QWidget;

namespace hotloop::gui {

// What stands above it: changes in order, or only the command.
QString planHeading(const ChangePlan &plan);
// What to do and in which order: the predicted step after each change, what all give together, and
// the command line for hotloop-moe. Null when the plan says no more than the findings do.
QWidget *makePlanPanel(const ChangePlan &plan);
// The same as lines with cells separated by tabs; empty likewise.
QString planLines(const ChangePlan &plan);

} // namespace hotloop::gui
