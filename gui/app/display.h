#pragma once

namespace hotloop::gui {

// Can a window be opened here? Qt ends the program when it cannot, so a child process tries first.
// To be called before there are threads.
bool displayWorks();

// Draw without a display from now on, the same whatever the surroundings set for Qt.
void useOffscreen();

} // namespace hotloop::gui
