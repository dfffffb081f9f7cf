#pragma once

#include <optional>

#include "analyzers/timeline/what_if.h"
#include "cli/prove/prove_report.h"
#include "cli/prove/prove_suite.h"
#include "core/base/result.h"
#include "core/trace/trace_view.h"

namespace hotloop::cli {

// Predicts every case of a program from the recording of its slow side alone, and fills `program`
// but for its seal. `program.unprofiledMs` is T0; 0: what the recording knows. `profile`: of the
// machine, where there is one. Errors: words in a case's "predict" that are not understood.
Result<void> predictProgram(const TraceView &trace, const SuiteProgram &suite,
                            const std::optional<MachineProfile> &profile, ProvedProgram &program);

} // namespace hotloop::cli
