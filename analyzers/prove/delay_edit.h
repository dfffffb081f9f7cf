#pragma once

#include <cstdint>
#include <string_view>

#include "analyzers/timeline/edit.h"
#include "analyzers/timeline/what_if.h"

// Known slow-downs in terms of the replay: what hotloop-moe --inject-delay does to a program,
// foretold from a recording of the program without it.
namespace hotloop {

enum class DelayKind : std::uint8_t {
  kHost,   // the thread spins
  kLaunch, // the thread spins, then launches an empty kernel
  kKernel, // a kernel of that length is launched
  kCopy,   // a copy to the device of that length is started
};

// The delay, `ns` long in the unprofiled program, at the start of every range called `place` in the
// steady steps ("step": at the start of the step). whyNone: no such range, or nothing to delay.
Edit delayEdit(const WhatIf &whatIf, DelayKind kind, std::string_view place, double ns);

// How often per steady step such a range begins: mean.
double rangesPerStep(const TraceView &trace, const Steps &steps, std::string_view place);

} // namespace hotloop
