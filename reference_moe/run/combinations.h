#pragma once

#include <string>
#include <vector>

#include "reference_moe/run/configuration.h"

namespace hotloop::moe {

// One combination of all toggles, and why it cannot run here ("" where it can).
struct Combination {
  Toggles toggles;
  std::string reason;
};

// Every combination once. A toggle that means nothing beside the others (`optimizer` in inference,
// `scaler` without fp16) stays at its default.
std::vector<Combination> combinations(Device device, const Machine &machine);

} // namespace hotloop::moe
