#pragma once

#include <string>

#include "gui/data/run_document.h"

namespace hotloop::gui::test {

// A document made by hand, with a small timeline: two findings (one measured, one would), one not
// worth it, a data-loss row and a notice. Texts hold markup, control characters and broken UTF-8,
// as recorded names may.
std::shared_ptr<RunDocument> madeDocument();
// No findings at all; steady or without a steady step.
std::shared_ptr<RunDocument> emptyDocument(bool steady);

// Writes a small made run with planted problems to a new file and gives its path; removed at exit.
std::string madeRunFile(bool device = false);
// A path for a scratch file in the same folder.
std::string scratchPath(const std::string &name);

} // namespace hotloop::gui::test
