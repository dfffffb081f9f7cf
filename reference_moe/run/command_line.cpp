#include "reference_moe/run/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reference_moe/run/fallback.h"
#include "reference_moe/run/names.h"
#include "reference_moe/run/presets.h"

namespace hotloop::moe {

void ConfigurationFlags::addTo(CLI::App &command, bool withToggles) {
  Sizes &s = base_.sizes;
  command.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  const auto number = [&](const char *flag, auto &value, const char *what, const char *group) {
    command.add_option(flag, value, what)->capture_default_str()->group(group);
  };
  number("--tokens", s.tokens, "tokens per step", "Sizes");
  number("--dim", s.dim, "model width", "Sizes");
  number("--hidden", s.hidden, "width inside one expert", "Sizes");
  number("--experts", s.experts, "experts per layer", "Sizes");
  number("--top-k", s.topK, "experts per token", "Sizes");
  number("--layers", s.layers, "layers", "Sizes");
  number("--seed", base_.seed, "seed of weights and data", "Run");
  number("--warmup", base_.warmup, "first steps, left out of the step time", "Run");
  number("--threads", base_.threads, "LibTorch threads inside an operator; 0 = automatic", "Run");
  command.add_option("--activation", activation_, "gelu or swiglu")
      ->capture_default_str()
      ->group("Sizes");
  command.add_option("--device", device_, "cpu or cuda")->capture_default_str()->group("Run");
  command
      .add_option("--routing", skew_,
                  fmt::format("where tokens go at the start: {}", fmt::join(skewNames(), ", ")))
      ->capture_default_str()
      ->group("Run");
  number("--clip", base_.clip, "scale gradients down to this norm; 0 = never", "Run");
  command
      .add_option("--package", base_.package,
                  "the .pt2 file of --fusion inductor (reference_moe/export/package.py)")
      ->group("Run");
  command
      .add_option("--token-cycle", tokenCycle_,
                  "tokens of the steps in turn, such as 512,256; each a graph of its own")
      ->group("Run");
  command
      .add_option("--inject-delay", delays_,
                  "KIND:PLACE=MICROSECONDS, repeatable: slow the step by a known amount")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("Run");
  if (!withToggles) return;
  number("--steps", base_.steps, "iterations of the loop", "Run");
  number("--lr", base_.learningRate, "learning rate of AdamW", "Run");
  number("--balance", base_.balanceFactor, "factor of the load-balance loss", "Run");
  number("--z", base_.zFactor, "factor of the router z-loss", "Run");
  number("--sample-every", base_.sampleEvery, "steps between marks of the tokens per expert",
         "Run");

  std::vector<std::string_view> presetNames;
  for (const Preset &preset : presets()) presetNames.push_back(preset.name);
  command
      .add_option("--preset", preset_,
                  fmt::format("start from {}; flags override it", fmt::join(presetNames, ", ")))
      ->group("Toggles");
  toggles_.resize(toggleNames().size());
  std::size_t index = 0;
  for (const ToggleName &toggle : toggleNames())
    command
        .add_option(fmt::format("--{}", toggle.name), toggles_[index++],
                    fmt::format("{}: {}", fmt::join(toggle.values, "|"), toggle.what))
        ->group("Toggles");
  command
      .add_option(
          "--unsafe", unsafe_,
          fmt::format("habits to show, comma-separated: {}", fmt::join(unsafeNames(), ", ")))
      ->group("Toggles");
}

Result<Configuration> ConfigurationFlags::configure(const Machine &machine,
                                                    std::vector<std::string> &notes,
                                                    bool fallback) const {
  Configuration configuration = base_;
  HOTLOOP_ASSIGN(const int device, parseChoice("device", device_, deviceNames()));
  configuration.device = static_cast<Device>(device);
  HOTLOOP_ASSIGN(const int activation, parseChoice("activation", activation_, activationNames()));
  configuration.activation = static_cast<Activation>(activation);
  HOTLOOP_ASSIGN(const int skew, parseChoice("routing", skew_, skewNames()));
  configuration.skew = static_cast<Skew>(skew);
  HOTLOOP_ASSIGN(configuration.tokenCycle, parseNumbers("token-cycle", tokenCycle_));
  for (const std::string &text : delays_) {
    HOTLOOP_ASSIGN(Delay delay, parseDelay(text));
    configuration.delays.push_back(std::move(delay));
  }
  Toggles given;
  for (std::size_t i = 0; i < toggles_.size(); ++i)
    if (!toggles_[i].empty()) HOTLOOP_TRY(setToggle(given, toggleNames()[i].name, toggles_[i]));
  if (!preset_.empty()) {
    HOTLOOP_ASSIGN(const Preset preset, findPreset(preset_));
    configuration.toggles = preset.wants;
    if (!toggles_.empty() && !toggles_[0].empty()) configuration.toggles.mode = given.mode;
    // Only what the preset brings may be replaced; what the user asks for is refused below.
    notes = fitPreset(configuration.toggles, configuration.device, machine,
                      !configuration.package.empty());
  }
  for (std::size_t i = 0; i < toggles_.size(); ++i)
    if (!toggles_[i].empty()) {
      toggleNames()[i].set(configuration.toggles, toggleNames()[i].get(given));
      if (toggleNames()[i].name == "fusion") configuration.toggles.inductor = given.inductor;
    }
  // The one replacement of what was asked for, because the guide has it so: it compiles inference
  // only. It is said, like everything that a preset drops.
  if (configuration.toggles.mode == Mode::kTrain &&
      configuration.toggles.fusion == Fusion::kInductor) {
    configuration.toggles.fusion = Fusion::kKernels;
    notes.push_back("--fusion inductor is for inference (the package holds the forward pass only); "
                    "training runs --fusion kernels instead.");
  }
  if (configuration.toggles.mode == Mode::kInference)
    for (std::size_t i = 0; i < toggles_.size(); ++i)
      if (toggleNames()[i].name == "optimizer" && !toggles_[i].empty())
        return Unexpected(
            invalidInput("--optimizer has no meaning with --mode inference; leave it out."));
  HOTLOOP_TRY(parseUnsafe(unsafe_, configuration));
  if (fallback) return settle(std::move(configuration), machine, notes);
  HOTLOOP_TRY(check(configuration, machine));
  return configuration;
}

} // namespace hotloop::moe
