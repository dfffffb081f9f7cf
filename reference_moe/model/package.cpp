#include "reference_moe/model/package.h"

#include <filesystem>
#include <unordered_map>

#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torch/version.h>

#include "reference_moe/model/operators.h"
#include "reference_moe/run/names.h"

namespace hotloop::moe {
namespace {

using Metadata = std::unordered_map<std::string, std::string>;

Unexpected refuse(const std::string &file, const std::string &why) {
  return Unexpected(unsupported("--package " + file + ": " + why));
}

// What the package says about itself under a key of ours, against what this run wants.
std::string mismatch(const Metadata &metadata, const Configuration &c) {
  const Sizes &s = c.sizes;
  const Toggles &t = c.toggles;
  // LibTorch promises no compatibility of packages between minor versions.
  const std::string version =
      std::to_string(TORCH_VERSION_MAJOR) + "." + std::to_string(TORCH_VERSION_MINOR);
  // Modes that differ only in the graph that replays the package share one.
  const std::string mode(t.inductor == Inductor::kMaxAutotune ||
                                 t.inductor == Inductor::kMaxAutotuneNoCudagraphs
                             ? "max-autotune"
                             : "default");
  const auto toggle = [&](std::string_view name) {
    for (const ToggleName &each : toggleNames())
      if (each.name == name) return std::string(each.values[static_cast<std::size_t>(each.get(t))]);
    return std::string();
  };
  const std::pair<const char *, std::string> wanted[] = {
      {"torch", version},
      {"device", std::string(nameOf(c.device, deviceNames()))},
      {"mode", mode},
      {"dispatch", toggle("dispatch")},
      {"amp", toggle("amp")},
      {"activation", std::string(nameOf(c.activation, activationNames()))},
      {"tokens", std::to_string(s.tokens)},
      {"dim", std::to_string(s.dim)},
      {"hidden", std::to_string(s.hidden)},
      {"experts", std::to_string(s.experts)},
      {"top_k", std::to_string(s.topK)}};
  for (const auto &[key, value] : wanted) {
    const auto found = metadata.find(std::string("hotloop_") + key);
    if (found == metadata.end())
      return "it does not say for which " + std::string(key) +
             " it was made, so it is not from reference_moe/export/package.py; make one with it.";
    if (found->second != value)
      return "it was made for " + std::string(key) + " " + found->second + ", and this run has " +
             value + "; make one for it with reference_moe/export/package.py.";
  }
  return {};
}

} // namespace

struct CompiledLayer::Loader {
  explicit Loader(const std::string &file) : package(file, "model", /*run_single_threaded=*/true) {}
  torch::inductor::AOTIModelPackageLoader package;
};

CompiledLayer::CompiledLayer(std::unique_ptr<Loader> loader) : loader_(std::move(loader)) {}
CompiledLayer::~CompiledLayer() = default;

Result<std::shared_ptr<CompiledLayer>> CompiledLayer::load(const Configuration &c) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(c.package, error))
    return refuse(c.package, "there is no such file; reference_moe/export/package.py makes one.");
  if (!c.tokenCycle.empty())
    return refuse(c.package, "a package is compiled for one number of tokens, so it cannot run "
                             "with --token-cycle.");
  registerOperators(); // packages call hotloop_moe::grouped_product
  try {
    const Metadata metadata =
        torch::inductor::AOTIModelPackageLoader::load_metadata_from_package(c.package, "model");
    if (const std::string why = mismatch(metadata, c); !why.empty()) return refuse(c.package, why);
    return std::shared_ptr<CompiledLayer>(new CompiledLayer(std::make_unique<Loader>(c.package)));
  } catch (const std::exception &failure) {
    const std::string_view text(failure.what());
    return refuse(c.package, "LibTorch cannot open it (" +
                                 std::string(text.substr(0, text.find('\n'))) +
                                 "); it must be a whole .pt2 file made for this LibTorch.");
  }
}

CompiledLayer::Output CompiledLayer::run(const at::Tensor &x, const at::Tensor &gate,
                                         const at::Tensor &up, const at::Tensor &down) {
  std::vector<at::Tensor> outputs = loader_->package.run({x, gate, up, down});
  return {outputs.at(0), outputs.at(1), outputs.at(2)};
}

} // namespace hotloop::moe
