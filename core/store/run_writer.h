#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "core/trace/trace_sink.h"

namespace hotloop {

struct RunWriterOptions {
  std::size_t rowsPerTransaction = 20'000;
  std::chrono::milliseconds maxTransactionAge{250};
  bool overwrite = false; // else an existing file is an error
  // A recording that loses its writer is kept up to the last commit. Without this (an import can be
  // made again) no journal is written, which is faster; the file is worth nothing before
  // finalise() has succeeded, and nobody can read it until then.
  bool survivesWriter = true;
};

// What became of the recording, for meta.state: truncated when a signal ended the program or the
// file could not be written to its end.
enum class RunState { kClean, kTruncated };

// Writes one run file. While it is open the file is in WAL mode and says `state = running`; what
// was committed survives the death of the writer. finalise() merges the WAL, builds indexes and
// leaves one plain file. Not thread-safe.
class RunWriter : public TraceSink {
public:
  // Errors: path exists (without overwrite), folder missing or read-only, disk full.
  static Result<std::unique_ptr<RunWriter>> create(const std::string &path,
                                                   const RunWriterOptions &options = {});

  // Stores a text and gives it the next id, known or not: for callers that keep their own table.
  virtual StringId addText(std::string_view text) = 0;
  // Commits when the open transaction is older than maxTransactionAge; call it when idle.
  virtual Result<void> commitIfDue() = 0;
  // Ends the run. The writer must not be used after it.
  virtual Result<void> finalise(RunState state) = 0;
  // Rows handed in so far, of all tables.
  virtual std::uint64_t rowsWritten() const = 0;
};

} // namespace hotloop
