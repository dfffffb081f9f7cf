#include "reference_moe/run/presets.h"

#include <fmt/format.h>

#include "reference_moe/run/names.h"

namespace hotloop::moe {

const std::vector<Preset> &presets() {
  // The guide's recommendations name compile, graph, AMP and checkpointing; the other toggles are
  // the fast ones, except in the baseline.
  static const std::vector<Preset> kPresets{
      {"baseline", Toggles{}, "the per-expert loop with every optimization off"},
      {"development",
       {Dispatch::kGrouped, Fusion::kOff, Amp::kBf16, Checkpoint::kFull, Graph::kOff,
        Buffers::kFresh, Inplace::kOff, Optimizer::kForeach, Mode::kTrain},
       "fast iteration: no fusion, no graph; AMP and checkpointing"},
      {"production-inference",
       {Dispatch::kGrouped, Fusion::kInductor, Amp::kBf16, Checkpoint::kOff, Graph::kOff,
        Buffers::kReuse, Inplace::kOn, Optimizer::kFused, Mode::kInference},
       "compiled (max-autotune) and AMP, forward only"},
      {"production-training",
       {Dispatch::kGrouped, Fusion::kKernels, Amp::kBf16, Checkpoint::kFull, Graph::kOff,
        Buffers::kReuse, Inplace::kOn, Optimizer::kFused, Mode::kTrain},
       "AMP and checkpointing, no compile, no graph"},
      {"full",
       {Dispatch::kGrouped, Fusion::kKernels, Amp::kBf16, Checkpoint::kSelective, Graph::kOn,
        Buffers::kReuse, Inplace::kOn, Optimizer::kFused, Mode::kTrain},
       "every optimization of the guide at once"},
  };
  return kPresets;
}

Result<Preset> findPreset(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Preset &preset : presets()) names.push_back(preset.name);
  HOTLOOP_ASSIGN(const int index, parseChoice("preset", name, names));
  return presets()[static_cast<std::size_t>(index)];
}

std::vector<std::string> fitPreset(Toggles &toggles, Device device) {
  std::vector<std::string> notes;
  if (toggles.fusion == Fusion::kInductor) {
    toggles.fusion = device == Device::kCpu ? Fusion::kKernels : Fusion::kOff;
    notes.push_back(fmt::format(
        "torch.compile (--fusion inductor:max-autotune) is dropped: it needs a package compiled "
        "ahead "
        "of time by Python and this build has no loader for one; the router runs as --fusion {} "
        "instead.",
        device == Device::kCpu ? "kernels" : "off"));
  } else if (toggles.fusion == Fusion::kKernels && device == Device::kCuda) {
    toggles.fusion = Fusion::kOff;
    notes.push_back(
        "The fused router (--fusion kernels) is dropped: this build has its kernel only "
        "for the CPU.");
  }
  if (toggles.graph == Graph::kOn) {
    toggles.graph = Graph::kOff;
    notes.push_back(
        device == Device::kCpu
            ? "CUDA graphs (--graph on) are dropped: --device cpu has none to capture."
            : "CUDA graphs (--graph on) are dropped: this build cannot capture the step "
              "yet.");
  }
  if (toggles.mode == Mode::kInference && toggles.checkpoint != Checkpoint::kOff) {
    toggles.checkpoint = Checkpoint::kOff;
    notes.push_back("Checkpointing is dropped: inference has no backward pass.");
  }
  return notes;
}

} // namespace hotloop::moe
