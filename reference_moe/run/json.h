#pragma once

#include <nlohmann/json.hpp>

#include "reference_moe/run/configuration.h"

namespace hotloop::moe {

using Json = nlohmann::ordered_json;

// {"mode": "train", "dispatch": "naive", ...}: the toggles that mean something in the mode.
Json togglesToJson(const Toggles &toggles);

// {"tokens": .., "dim": .., "hidden": .., "experts": .., "top_k": .., "layers": ..}
Json sizesToJson(const Sizes &sizes);

} // namespace hotloop::moe
