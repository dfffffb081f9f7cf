/* Marks the iterations of a program's hot loop for `hotloop record`. Header only, C and C++, links
 * to nothing: without hotloop the calls do nothing.
 *
 *   for (int64_t i = 0; i < steps; ++i) {
 *     hotloop_step_begin(i);
 *     train_step();
 *     hotloop_step_end();
 *   }
 *
 * begin and end belong to the thread that calls them. Steps do not nest: a begin while a step is
 * open ends that step. */
#ifndef HOTLOOP_HOTLOOP_H
#define HOTLOOP_HOTLOOP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
/* Defined by libhotloop.so where the program is being recorded. */
extern void hotloop_recorder_step_begin(int64_t number) __attribute__((weak));
extern void hotloop_recorder_step_end(void) __attribute__((weak));

static inline void hotloop_step_begin(int64_t number) {
  if (hotloop_recorder_step_begin) hotloop_recorder_step_begin(number);
}
static inline void hotloop_step_end(void) {
  if (hotloop_recorder_step_end) hotloop_recorder_step_end();
}
#else
static inline void hotloop_step_begin(int64_t number) { (void)number; }
static inline void hotloop_step_end(void) {}
#endif

#ifdef __cplusplus
}
#endif

#endif
