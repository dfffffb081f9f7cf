#include "reference_moe/run/combinations.h"

#include "reference_moe/run/names.h"

namespace hotloop::moe {
namespace {

struct Walk {
  Device device;
  const Machine &machine;
  std::vector<Combination> &found;

  void from(std::size_t index, Toggles toggles) const {
    if (index == toggleNames().size()) {
      found.push_back({toggles, whyIllegal(toggles, device, machine)});
      return;
    }
    const ToggleName &toggle = toggleNames()[index];
    // `checkpoint` is listed in inference too: a value other than off is what makes it illegal.
    const bool listed = toggle.meaningful(toggles) || toggle.name == "checkpoint";
    const std::size_t values = listed ? toggle.values.size() : 1;
    for (std::size_t value = 0; value < values; ++value) {
      toggle.set(toggles, static_cast<int>(value));
      from(index + 1, toggles);
    }
  }
};

} // namespace

std::vector<Combination> combinations(Device device, const Machine &machine) {
  std::vector<Combination> found;
  Walk{device, machine, found}.from(0, {}); // mode is the first toggle, so it is set by then
  return found;
}

} // namespace hotloop::moe
