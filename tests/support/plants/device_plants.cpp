#include "tests/support/plants/device_plants.h"

#include <algorithm>
#include <string>

#include "core/trace/meta_keys.h"

namespace hotloop::test_support {

std::span<const DevicePlant> devicePlants() {
  static const std::vector<DevicePlant> kAll = [] {
    std::vector<DevicePlant> all;
    for (const auto &some : {syncPlants(), hostPlants(), kernelPlants()})
      all.insert(all.end(), some.begin(), some.end());
    return all;
  }();
  return kAll;
}

const DevicePlant *findDevicePlant(std::string_view name) {
  const auto all = devicePlants();
  const auto found = std::ranges::find(all, name, &DevicePlant::name);
  return found == all.end() ? nullptr : &*found;
}

void playDeviceRun(TraceSink &sink, const DevicePlant *plant, PlantForm form, int steps) {
  sink.setMeta(meta_key::kSource, "make_run");
  sink.setMeta(meta_key::kCommand, "python3 script.py");
  Stage stage(sink);
  std::vector<std::int64_t> begins;
  for (int step = 0; step < steps; ++step) {
    begins.push_back(stage.loop.now());
    stage.loop.beginStep();
    if (plant == nullptr || form == PlantForm::kClean)
      stage.compute(24);
    else
      plant->play(stage, step, form == PlantForm::kHabit);
    stage.finish();
    stage.loop.endStep();
  }
  // Nothing slows a made program down while it is recorded: its usual step is the unprofiled one.
  std::vector<std::int64_t> periods;
  for (std::size_t i = 1; i < begins.size(); ++i) periods.push_back(begins[i] - begins[i - 1]);
  if (periods.empty()) return;
  std::ranges::nth_element(periods,
                           periods.begin() + static_cast<std::ptrdiff_t>(periods.size() / 2));
  sink.setMeta(meta_key::kStepTimeUnprofiled, std::to_string(periods[periods.size() / 2]));
}

} // namespace hotloop::test_support
