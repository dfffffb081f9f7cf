#include "reference_moe/run/json.h"

#include <string>

#include "reference_moe/run/names.h"

namespace hotloop::moe {

Json togglesToJson(const Toggles &toggles) {
  Json json = Json::object();
  for (const ToggleName &toggle : toggleNames())
    if (toggle.meaningful(toggles))
      json[std::string(toggle.name)] = toggle.values[static_cast<std::size_t>(toggle.get(toggles))];
  if (toggles.fusion == Fusion::kInductor)
    json["inductor"] = nameOf(toggles.inductor, inductorModes());
  return json;
}

Json sizesToJson(const Sizes &s) {
  return {{"tokens", s.tokens},   {"dim", s.dim},    {"hidden", s.hidden},
          {"experts", s.experts}, {"top_k", s.topK}, {"layers", s.layers}};
}

} // namespace hotloop::moe
