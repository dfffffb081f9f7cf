#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/time.h"

namespace hotloop {

struct NsysExportOptions {
  std::optional<Nanoseconds> from, to; // events that begin before `to` and end at or after `from`
  bool overwrite = false;
  std::function<void(std::int64_t rows)> progress; // after each table; may be empty
};

// Writes the run file `run` as an SQLite file with the tables of an export of Nsight Systems: what
// the views of core/store/nsys_views.h select, as plain tables, those without rows left out.
// Operators and user scopes of torch, for which nsys has no table, go into NVTX_EVENTS in the
// domain "PyTorch" (category = scope + 1, payload = sequence number). Gives the rows written.
// Errors: those of opening a run, of writing.
Result<std::int64_t> exportNsysTables(const std::string &run, const std::string &path,
                                      const NsysExportOptions &options);

} // namespace hotloop
