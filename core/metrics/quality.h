#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/trace/trace_sink.h"

namespace hotloop {

// The catalogue of data-quality rows: everything that can be bad, lost or missing in a run, each
// once, with the sentence the user reads. `{}` in the sentence stands for the count.
struct QualityKind {
  std::string_view name; // "dropped_records"
  Severity severity = Severity::kNotice;
  std::string_view sentence; // what it means for the numbers, and what to do
};

std::span<const QualityKind> qualityCatalogue();

// Adds the row `name` (which must be in the catalogue) to `sink`; nothing when count is 0. `detail`
// is appended to the sentence in parentheses where not empty. The sentence is handed on with its
// `{}`, because counts of one kind add up: the store puts the number in when the run ends or is
// loaded.
void reportQuality(TraceSink &sink, std::string_view name, std::int64_t count = 1,
                   std::string_view detail = {});

} // namespace hotloop
