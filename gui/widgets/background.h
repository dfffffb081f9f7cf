#pragma once

#include <functional>

class QThreadPool;

namespace hotloop::gui {

// Does `work` on a thread of `pool`, or of the program's pool. Such threads, and those that they
// start, give way to the window's: where there are more threads than cores, a key or the wheel is
// answered before they go on. On a machine with a core to spare they are as quick as any.
void inBackground(QThreadPool &pool, std::function<void()> work);
void inBackground(std::function<void()> work);

} // namespace hotloop::gui
