#pragma once

#include <sys/types.h>

namespace hotloop::gui {

// Can a window be opened here? Qt ends the program when it cannot, so a child process tries first.
// The child stays connected until release(), to be called once this process is: some display
// servers start afresh when their last client leaves. To be made before there are threads.
class DisplayProbe {
public:
  DisplayProbe();
  ~DisplayProbe() { release(); }
  DisplayProbe(const DisplayProbe &) = delete;
  DisplayProbe &operator=(const DisplayProbe &) = delete;

  bool works() const { return works_; }
  void release();

private:
  pid_t child_ = -1;
  int hold_ = -1; // the child leaves when this pipe is closed
  bool works_ = true;
};

// Draw without a display from now on, the same whatever the surroundings set for Qt.
void useOffscreen();

} // namespace hotloop::gui
