#pragma once

#include <string>

#include "analyzers/gate/baseline.h"
#include "core/base/result.h"

namespace hotloop::cli {

// hotloop-baseline/<name>.<device class>.toml: sorted, one counter a line, so that a change reads
// well in a review. The third line is a checksum of what follows it: the file is changed by
// `hotloop baseline accept`, not by hand.
std::string baselineText(const Baseline &baseline);
// `label` names the file in errors. Errors: not TOML, unknown keys, another schema, a checksum that
// does not fit (unless `unsealed`).
Result<Baseline> parseBaseline(const std::string &text, const std::string &label,
                               bool unsealed = false);
Result<Baseline> readBaseline(const std::string &path);
Result<void> writeBaseline(const std::string &path, const Baseline &baseline);

// "2026-11-25T22:00:00Z" now, and how many days ago such a text was (-1: not a time).
std::string utcNow();
int daysSince(const std::string &utc);

} // namespace hotloop::cli
