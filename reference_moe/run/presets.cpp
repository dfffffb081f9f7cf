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
       {.dispatch = Dispatch::kGrouped,
        .amp = Amp::kBf16,
        .checkpoint = Checkpoint::kFull,
        .optimizer = Optimizer::kForeach},
       "fast iteration: no fusion, no graph; AMP and checkpointing"},
      {"production-inference",
       {.dispatch = Dispatch::kGrouped,
        .fusion = Fusion::kInductor,
        .amp = Amp::kBf16,
        .buffers = Buffers::kReuse,
        .inplace = Inplace::kOn,
        .optimizer = Optimizer::kFused,
        .mode = Mode::kInference,
        .inductor = Inductor::kMaxAutotune},
       "compiled (max-autotune) and AMP, forward only"},
      {"production-training",
       {.dispatch = Dispatch::kGrouped,
        .fusion = Fusion::kKernels,
        .amp = Amp::kBf16,
        .checkpoint = Checkpoint::kFull,
        .buffers = Buffers::kReuse,
        .inplace = Inplace::kOn,
        .optimizer = Optimizer::kFused},
       "AMP and checkpointing, no compile, no graph"},
      {"full",
       {.dispatch = Dispatch::kGrouped,
        .fusion = Fusion::kKernels,
        .amp = Amp::kBf16,
        .checkpoint = Checkpoint::kSelective,
        .graph = Graph::kOn,
        .buffers = Buffers::kReuse,
        .inplace = Inplace::kOn,
        .optimizer = Optimizer::kFused},
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

std::vector<std::string> fitPreset(Toggles &toggles, Device device, const Machine &machine,
                                   bool hasPackage) {
  std::vector<std::string> notes;
  if (toggles.fusion == Fusion::kInductor && (toggles.mode == Mode::kTrain || !hasPackage)) {
    toggles.fusion = Fusion::kKernels;
    notes.push_back(toggles.mode == Mode::kTrain
                        ? "torch.compile (--fusion inductor) is for inference; training runs "
                          "--fusion kernels instead."
                        : "torch.compile (--fusion inductor:max-autotune) is dropped, because no "
                          "--package was given; --fusion kernels runs instead.");
  }
  if (toggles.fusion == Fusion::kKernels && device == Device::kCuda &&
      !machine.hasCudaKernels(toggles.amp)) {
    toggles.fusion = Fusion::kOff;
    notes.push_back("The fused kernels (--fusion kernels) are dropped: this build has none for "
                    "this GPU and number format.");
  }
  if (toggles.mode == Mode::kInference && toggles.checkpoint != Checkpoint::kOff) {
    toggles.checkpoint = Checkpoint::kOff;
    notes.push_back("Checkpointing is dropped: inference has no backward pass.");
  }
  if (toggles.graph == Graph::kOn && device == Device::kCpu) {
    toggles.graph = Graph::kOff;
    notes.push_back("CUDA graphs (--graph on) are dropped: --device cpu has none to capture.");
  }
  return notes;
}

} // namespace hotloop::moe
