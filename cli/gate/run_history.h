#pragma once

#include <string>

#include "analyzers/gate/run_profile.h"
#include "cli/command.h"
#include "core/store/history_store.h"

namespace hotloop::cli {

// What the database of runs (--db) keeps of a run: body and tail of its steps, and every counter of
// the whole step that it measured.
HistoryEntry historyEntry(const RunProfile &profile, const std::string &file,
                          const std::string &commit);

// Adds a judged run to --db, where it is given and the run has steady steps, with the commit that
// is checked out here. Errors: those of addToHistory().
Result<void> rememberRun(const CommandContext &context, const RunProfile &profile,
                         const std::string &file);

} // namespace hotloop::cli
