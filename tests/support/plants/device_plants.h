#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/trace/trace_sink.h"
#include "tests/support/plants/stage.h"

namespace hotloop::test_support {

// A slow habit of a program on a GPU, planted into a training loop that the device bounds, and its
// benign twin: what looks like it and is fine.
struct DevicePlant {
  std::string_view name;     // as the command line calls it
  std::string_view rule;     // id of the rule that should find it
  std::string_view variant;  // of that rule, may be empty
  std::string_view function; // of script.py where it happens; empty: the rule names no place
  // Plays step `step`, the habit or its twin in it.
  void (*play)(Stage &stage, int step, bool habit) = nullptr;
  // Rules that see the same cause from their side and may speak as well.
  std::vector<std::string_view> also = {};
};

std::vector<DevicePlant> syncPlants();   // HL1nn
std::vector<DevicePlant> hostPlants();   // HL2nn, HL3nn
std::vector<DevicePlant> kernelPlants(); // HL4nn to HL7nn

std::span<const DevicePlant> devicePlants(); // all of them
const DevicePlant *findDevicePlant(std::string_view name);

enum class PlantForm : std::uint8_t { kClean, kHabit, kTwin };

// Plays `steps` steps of the loop into `sink`: clean (`plant` may be null), with the habit, or with
// its twin. The same arguments give the same rows. The caller finalises the sink.
void playDeviceRun(TraceSink &sink, const DevicePlant *plant, PlantForm form, int steps = 32);

} // namespace hotloop::test_support
