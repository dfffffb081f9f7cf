#include "gui/widgets/background.h"

#include <QThreadPool>
#include <sys/resource.h>
#include <utility>

namespace hotloop::gui {
namespace {

// A tenth of the window thread's weight. What other terminals run does not count against it: Linux
// shares the machine out by session first.
constexpr int kNiceness = 10;

} // namespace

void inBackground(QThreadPool &pool, std::function<void()> work) {
  pool.start([work = std::move(work)] {
    // On Linux the calling thread's alone, and inherited by those it starts. A failure costs
    // nothing but the courtesy.
    if (::getpriority(PRIO_PROCESS, 0) < kNiceness) ::setpriority(PRIO_PROCESS, 0, kNiceness);
    work();
  });
}

void inBackground(std::function<void()> work) {
  inBackground(*QThreadPool::globalInstance(), std::move(work));
}

} // namespace hotloop::gui
