#include "collectors/torch/attach.h"

#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <string>
#include <string_view>

#include "collectors/inject/producer.h"
#include "collectors/inject/window.h"
#include "collectors/torch/loaded_library.h"
#include "collectors/torch/plugin_api.h"
#include "collectors/torch/replica.h"
#include "collectors/torch/version.h"
#include "core/trace/meta_keys.h"

namespace hotloop::torch_collector {
namespace {

// Releases on which the replica was seen to give the same operators as a compiled observer.
constexpr std::string_view kReplicaTested[] = {"2.11.0"};

template <class Function> Function symbol(void *library, const char *name) {
  return reinterpret_cast<Function>(dlsym(library, name));
}

std::atomic<HotloopTorchAttachAllocator> allocatorOfPlugin{nullptr};

HotloopTorchEnable enableOfPlugin = nullptr;

// Outside of a window an operator costs what it costs without us.
void enableOperators(bool on) noexcept {
  if (enableOfPlugin != nullptr) {
    enableOfPlugin(on ? 1 : 0);
  }
}

// "" when the plugin observes now, else why not.
std::string attachPlugin(std::string_view runs) {
  const std::string path = ownFolder() + "libhotloop_torch.so";
  void *plugin = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (plugin == nullptr) {
    const char *why = dlerror();
    return why == nullptr ? path + " cannot be opened" : why;
  }
  const auto builtFor = symbol<HotloopTorchBuiltFor>(plugin, HOTLOOP_TORCH_BUILT_FOR);
  const auto attach = symbol<HotloopTorchAttach>(plugin, HOTLOOP_TORCH_ATTACH);
  std::string why;
  if (builtFor == nullptr || attach == nullptr) {
    why = path + " is no plugin of hotloop";
  } else if (builtFor() != runs) {
    why = "the plugin is for LibTorch " + std::string(builtFor());
  } else if (const int code = attach(&inject::producerTable()); code != 0) {
    why =
        code == 1 ? "the plugin is of another version of hotloop" : "LibTorch refused the observer";
  } else {
    enableOfPlugin = symbol<HotloopTorchEnable>(plugin, HOTLOOP_TORCH_ENABLE);
    inject::addWindowHook(enableOperators);
    if (!inject::collecting()) {
      enableOperators(false);
    }
    allocatorOfPlugin = symbol<HotloopTorchAttachAllocator>(plugin, HOTLOOP_TORCH_ATTACH_ALLOCATOR);
    return {};
  }
  dlclose(plugin);
  return why;
}

std::string attach(const LoadedLibrary &library) {
  const inject::Options &options = inject::options();
  std::string version = options.torchVersion;
  if (version.empty()) {
    version = versionBeside(library.path);
  }
  inject::meta(meta_key::kTorchVersion, version.empty() ? "unknown" : version);

  const std::string_view runs = release(version);
  const std::string_view wanted = options.torchAttachment;
  const bool tested = std::find(std::begin(kReplicaTested), std::end(kReplicaTested), runs) !=
                      std::end(kReplicaTested);
  if (wanted == "none") {
    return "none: switched off";
  }
  if (runs.empty()) {
    return version.empty() ? "none: " + library.path + " does not say which LibTorch it is of"
                           : "none: LibTorch " + version + " is not a release";
  }
  std::string why;
  if (wanted != "replica") {
    why = attachPlugin(runs);
    if (why.empty()) {
      return "plugin";
    }
  }
  if (wanted != "plugin" && tested) {
    return attachReplica(library.handle, inject::producerTable())
               ? "replica"
               : "none: LibTorch lacks the observer functions";
  }
  return "none: LibTorch " + std::string(runs) + " was not tested with this hotloop" +
         (why.empty() ? "" : " (" + why + ")");
}

} // namespace

bool attachOperators() noexcept {
  const LoadedLibrary library = findLoaded("libtorch_cpu.so");
  if (library.handle == nullptr) {
    return false;
  }
  try {
    inject::meta(meta_key::kTorchAttachment, attach(library));
  } catch (const std::exception &) {
    inject::count(ring::Counter::kCallbackFailures);
  }
  return true;
}

void attachAllocator() noexcept {
  if (const auto attach = allocatorOfPlugin.exchange(nullptr)) {
    attach();
  }
}

} // namespace hotloop::torch_collector
