#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "reference_moe/run/configuration.h"

namespace hotloop::moe {

// A named set of toggles. `wants` is what the preset stands for; fitPreset() makes of it what runs
// here.
struct Preset {
  std::string_view name;
  Toggles wants;
  std::string_view what; // one line for the help
};

// baseline, development, production-inference, production-training (the guide's), full.
const std::vector<Preset> &presets();

Result<Preset> findPreset(std::string_view name);

// Replaces what cannot run on this device or machine by the nearest thing that can, and says so:
// one sentence per replacement, for stderr.
std::vector<std::string> fitPreset(Toggles &toggles, Device device, const Machine &machine,
                                   bool hasPackage);

} // namespace hotloop::moe
