#include "cli/build_info.h"

#include "core/store/schema.h"

// The values come from cli/CMakeLists.txt.
namespace hotloop::cli {

namespace {

constexpr std::string_view kCompiler =
#if defined(__clang__)
    "clang " __clang_version__;
#else
    "gcc " __VERSION__;
#endif

constexpr BuildFeature kFeatures[] = {
    {"torch", "LibTorch plugin for", HOTLOOP_HAS_TORCH, HOTLOOP_TORCH_VERSION},
    {"nvtx", "NVTX collector", HOTLOOP_HAS_NVTX, {}},
    {"cupti", "CUDA collector", HOTLOOP_HAS_CUPTI, {}},
    {"cuda", "CUDA kernels", HOTLOOP_HAS_CUDA, {}},
    {"gui", "viewer", HOTLOOP_HAS_GUI, {}},
};

} // namespace

const BuildInfo &buildInfo() {
  static const BuildInfo info{HOTLOOP_VERSION, kFormatVersion, kCompiler, HOTLOOP_BUILD_TYPE,
                              kFeatures};
  return info;
}

} // namespace hotloop::cli
