// What analyzers/moe_command.h says of hotloop-moe, held against the program.

#include <gtest/gtest.h>

#include "analyzers/moe_command.h"
#include "reference_moe/run/configuration.h"
#include "reference_moe/run/names.h"
#include "reference_moe/run/presets.h"

namespace hotloop::moe {
namespace {

std::string valueOf(const Toggles &toggles, std::string_view name) {
  for (const ToggleName &toggle : toggleNames())
    if (toggle.name == name) {
      const auto value = static_cast<std::size_t>(toggle.get(toggles));
      return std::string(toggle.values[value]);
    }
  return "no such toggle";
}

TEST(MoeCommand, KnowsThePresetsAsTheyAre) {
  ASSERT_EQ(moePresets().size(), presets().size());
  for (std::size_t i = 0; i < presets().size(); ++i) {
    EXPECT_EQ(moePresets()[i].name, presets()[i].name);
    for (std::size_t k = 0; k < kMoeSwitches.size(); ++k)
      EXPECT_EQ(moePresets()[i].values[k], valueOf(presets()[i].wants, kMoeSwitches[k]))
          << presets()[i].name << " " << kMoeSwitches[k];
  }
}

// Whatever a recommended line captures, the program must take it.
TEST(MoeCommand, AddsWhatACaptureNeeds) {
  Machine machine;
  machine.cuda = true;
  machine.cudaKernels = {Amp::kOff, Amp::kBf16};
  for (const char *given : {"", " --dispatch stacked", " --dispatch dense", " --amp bf16",
                            " --fusion kernels --dispatch grouped", " --optimizer foreach",
                            " --mode inference", " --preset development"}) {
    const std::string before = std::string("hotloop-moe run --device cuda") + given;
    const std::string needs = moeNeeds(before, "--graph on");
    const MoeSwitches now = moeSwitches(withMoeFlags(before, "--graph on " + needs));
    Toggles toggles;
    for (std::size_t k = 0; k < kMoeSwitches.size(); ++k)
      ASSERT_TRUE(setToggle(toggles, kMoeSwitches[k], now[k])) << kMoeSwitches[k];
    EXPECT_EQ(whyIllegal(toggles, Device::kCuda, machine), "") << before << " needs " << needs;
  }
}

} // namespace
} // namespace hotloop::moe
