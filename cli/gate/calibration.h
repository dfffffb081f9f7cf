#pragma once

#include <optional>
#include <string>

#include "cli/command.h"

namespace hotloop::cli {

// The noise floor of this machine as the last `hotloop calibrate` found it; kept in the cache
// folder, because it says nothing about another machine.
struct Calibration {
  double floor = 0; // relative
  std::string saved, command;
};
std::optional<Calibration> loadCalibration(const CommandContext &context);
Result<void> saveCalibration(const CommandContext &context, const Calibration &calibration);

} // namespace hotloop::cli
