#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace hotloop::gui {

// The program hotloop-gui: everything but main(). Exit codes: 0 ok, 2 usage, input, or no display.
int runGui(const std::vector<std::string> &arguments, std::ostream &out, std::ostream &err);

} // namespace hotloop::gui
