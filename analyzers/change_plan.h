#pragma once

#include <span>
#include <string>
#include <string_view>

#include "analyzers/timeline/edit.h"
#include "core/report/change_plan.h"
#include "core/trace/trace_view.h"

namespace hotloop {

class WhatIf; // analyzers/timeline/what_if.h

// Puts the fixes of `findings` in order, most valuable first, each on top of those before it;
// fixes that one switch of hotloop-moe stands for are one change. `edits` has one entry per
// finding. Without a replay (`whatIf` null, or one that abstains) the order is that of the findings
// and no change has a number.
ChangePlan planChanges(const TraceView &trace, const WhatIf *whatIf,
                       std::span<const Finding> findings, std::span<const Edit> edits);

} // namespace hotloop
