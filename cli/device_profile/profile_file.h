#pragma once

#include <optional>
#include <string>

#include "analyzers/timeline/what_if.h"
#include "core/base/result.h"

namespace hotloop::cli {

// A machine profile as JSON: what hotloop calibrate-device writes
// (docs/schema/device_profile.json).
Result<MachineProfile> readProfile(const std::string &path);

// The profile to use for a run: `given`, else `<run>.device.json` beside it, else none.
Result<std::optional<MachineProfile>> findProfile(const std::string &given, const std::string &run);

} // namespace hotloop::cli
