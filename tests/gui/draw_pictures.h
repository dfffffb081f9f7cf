#pragma once

#include <string>

namespace hotloop::gui::test {

// Shows the window and every page of a made run on the platform that Qt runs on, and writes what
// they look like below `folder`, one PNG each. 0 when all could be written.
int drawPictures(const std::string &folder);

} // namespace hotloop::gui::test
