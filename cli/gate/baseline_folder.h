#pragma once

#include <string>
#include <vector>

#include "analyzers/gate/baseline.h"
#include "core/base/result.h"

namespace hotloop::cli {

// The folder hotloop-baseline of the project: beside the hotloop.toml or in the first folder
// upwards that has one, up to the top of the git repository; else in the current folder.
std::string baselineFolder(const std::string &configFile = {});

// hotloop-baseline/<name>.<device class>.toml
std::string baselinePath(const std::string &folder, const std::string &name,
                         const std::string &deviceClass);
// Letters, digits, '-' and '_', so that the name can be told from the device class.
Result<void> checkBaselineName(const std::string &name);

struct BaselineEntry {
  std::string name, deviceClass, path;
};
std::vector<BaselineEntry> listBaselines(const std::string &folder);

struct ResolvedBaseline {
  Baseline baseline;
  std::string file; // path, or git:REF:path
};
// NAME (of this device class), a path, or git:REF or git:REF:NAME. Errors: kNothingMeasured when
// there is none, with what there is instead; kInvalidInput when the file is damaged.
Result<ResolvedBaseline> resolveBaseline(const std::string &given, const std::string &fallbackName,
                                         const std::string &folder, const std::string &deviceClass);

} // namespace hotloop::cli
