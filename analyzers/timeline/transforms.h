#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "analyzers/timeline/edit.h"
#include "analyzers/timeline/what_if.h"
#include "core/base/result.h"

// The changes that can be predicted. Each looks at the steps of the template only and takes a
// filter of sites; an edit that changes nothing says why in whyNone. Where the records of the run
// carry places, a removed call takes its whole source line with it, with the Python time around it.
namespace hotloop {

// Which calls: by place in the program ("train.py:12", "train.py", "loss"), by name of an operator
// or a range, by rows. The default takes all.
struct Where {
  std::string site = {}; // file[:line], function or range name; empty = everywhere
  std::span<const std::uint32_t> ops = {};  // rows of trace->ops; calls made inside of these only
  std::span<const std::uint32_t> apis = {}; // rows of trace->apis; these only
};

// Blocking waits with the operators that cause them (item, nonzero, a branch on a tensor).
Edit removeSyncs(const WhatIf &whatIf, const Where &where = {});
// The same waits, at the end of their step instead.
Edit deferSyncs(const WhatIf &whatIf, const Where &where = {});
// The wait goes, the call stays.
Edit unblock(const WhatIf &whatIf, const Where &where = {});
// Pageable copies to pinned, non-blocking ones.
Edit asyncCopies(const WhatIf &whatIf, const Where &where = {});
// Copies of at least 64 KiB to a stream of their own, waited for at the end of the step, with the
// host calls that this takes.
Edit moveCopies(const WhatIf &whatIf, const Where &where = {});
// Copies of up to 64 KiB of a step as one.
Edit coalesceCopies(const WhatIf &whatIf, const Where &where = {});
// Graphs that `builds` (rows of trace->apis that end a capture, instantiate or update) make are
// there before the loop: capture, instantiation and destruction go, and the next launch of the
// thread is that of a graph that has run before.
Edit keepGraphs(const WhatIf &whatIf, std::span<const std::uint32_t> builds);
// Streams no longer wait for each other inside of the step.
Edit overlapStreams(const WhatIf &whatIf, const Where &where = {});
// Device and pinned allocation calls, and what they slow down.
Edit removeAllocations(const WhatIf &whatIf, const Where &where = {});
// Forward work done again by the autograd thread (checkpointing).
Edit dropRecompute(const WhatIf &whatIf);
// Long host stretches without any record (data loading, logging, Python).
Edit removeHostGaps(const WhatIf &whatIf);
// All host time in ranges (NVTX or user scopes) of that name, with the work started there.
Edit removeRange(const WhatIf &whatIf, std::string_view name);
// All of a source line, "file:line".
Edit removeLine(const WhatIf &whatIf, std::string_view fileLine);
// Operators with all they call and launch (and their lines, where places are known and
// `wholeLines`).
Edit removeOps(const WhatIf &whatIf, std::span<const std::uint32_t> opRows, bool wholeLines = true);
// Operators run as one: of each group the first launch stays, device time of the group becomes
// `deviceTime` ns (or `scale` of what it was where deviceTime is negative).
struct Group {
  std::vector<std::uint32_t> ops; // rows of trace->ops of one occurrence, in order
};
Edit fuseOps(const WhatIf &whatIf, std::span<const Group> groups, double scale,
             double deviceTime = -1);
// One turn of each loop remains and does the work of all (a grouped product for a loop over
// experts): calls, launches and waits of the other turns go. Modelled; what the remaining turn
// needs besides (sorting, offsets) and what the device gains from larger kernels widens the
// interval.
Edit batchLoops(const WhatIf &whatIf, std::span<const HostLoop> loops);
// Kernels take `factor` of their time.
Edit scaleKernels(const WhatIf &whatIf, double factor, std::string_view nameContains,
                  const Where &where = {});
// fp32 -> bf16: modelled; the casts of autocast widen it. See whatif_h100 section 6.
Edit retype(const WhatIf &whatIf, const Where &where = {});
// The step, or the ranges of a name, as CUDA graph launches. Illegal ones say why in whyNone.
// `after`: judged as if that change were made, so calls that it removes do not forbid it.
Edit graph(const WhatIf &whatIf, std::string_view rangeName = {}, const Edit *after = nullptr);
// Experts (operator groups that differ in size) all as fast as their mean.
Edit balance(const WhatIf &whatIf, std::span<const Group> experts);

// A fix by its name on the command line ("remove-sync", "async-copy", "graph", ...) and what stands
// behind '='. Errors: unknown name (with the list), a value that is missing or unusable.
Result<Edit> namedFix(const WhatIf &whatIf, std::string_view fix);
std::span<const std::string_view> fixNames();

} // namespace hotloop
