#include <QThreadPool>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <thread>

#include "gui/widgets/background.h"

namespace hotloop::gui {
namespace {

int nicenessHere() { return ::getpriority(PRIO_PROCESS, 0); }

TEST(Background, GivesWayToTheWindow) {
  const int window = nicenessHere();
  int outer = -100;
  int inner = -100;
  QThreadPool pool;
  // What works on a run starts threads of its own.
  inBackground(pool, [&] {
    outer = nicenessHere();
    std::thread([&] { inner = nicenessHere(); }).join();
  });
  pool.waitForDone();
  EXPECT_EQ(nicenessHere(), window); // of the threads only
  EXPECT_GE(outer, 10);
  EXPECT_EQ(inner, outer);
}

} // namespace
} // namespace hotloop::gui
