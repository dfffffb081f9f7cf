#pragma once

#include "gui/data/run_document.h"

class QWidget;

namespace hotloop::gui {

// Summary of the run (steps, counters, what is wrong with the data) over the ranked findings, with
// the details of the current one. Parts have object names: "summary", "quality", "findings",
// "details".
QWidget *makeFindingsPage(RunDocumentPtr document);

} // namespace hotloop::gui
