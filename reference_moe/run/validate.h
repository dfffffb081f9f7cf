#pragma once

#include <string>
#include <vector>

#include "reference_moe/run/configuration.h"
#include "reference_moe/run/json.h"

// The guide's validation checklist, for one configuration.
namespace hotloop::moe {

struct Check {
  enum class Status { kPass, kFail, kNotApplicable };
  std::string id;       // "numerics", "no_sync", ...
  std::string question; // the guide's words, or ours
  Status status = Status::kFail;
  std::string detail; // a sentence with the figures
  Json figures = Json::object();
};

struct ValidateOptions {
  double expectSpeedup = 1.0;   // of the baseline; the upper end of the interval must reach it
  std::int64_t rounds = 5;      // of the speed-up
  std::int64_t steps = 4;       // per round
  std::int64_t memoryLimit = 0; // bytes of activations; 0 = 1.25 times the baseline's, or 80 MiB
};

// The guide's six points, then ours: equal runs, graph against eager, empty experts. A failure to
// run is a failed check, not an error.
std::vector<Check> validate(const Configuration &configuration, const ValidateOptions &options);

bool passes(const std::vector<Check> &checks);

} // namespace hotloop::moe
