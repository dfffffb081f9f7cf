#include "hotloop/hotloop.h"

/* Without hotloop in the process, the marks do nothing. */
int hotloop_test_mark_from_c(int steps) {
  int marked = 0;
  for (int i = 0; i < steps; ++i) {
    hotloop_step_begin(i);
    ++marked;
    hotloop_step_end();
  }
  return marked;
}
