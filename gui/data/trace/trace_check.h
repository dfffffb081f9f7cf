#pragma once

#include "gui/data/trace/trace.h"

namespace hotloop::gui {

// Whether every index of a trace that comes from a file points into it, and its times are in order
// and small enough to be added: then nothing that is done with it can leave its columns. Reads all
// of it, on two threads when it is large: that is what a warm open costs.
bool isConsistent(const Trace &trace);

} // namespace hotloop::gui
