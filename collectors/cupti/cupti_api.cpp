#include "collectors/cupti/cupti_api.h"

#include <dlfcn.h>
#include <limits.h>

#include <cstdio>
#include <cstring>
#include <initializer_list>

namespace hotloop::cupti {
namespace {

constexpr const char *kSoname = "libcupti.so.13";

void *openBesideUs() {
  Dl_info self{};
  char path[PATH_MAX];
  if (dladdr(reinterpret_cast<const void *>(&loadCupti), &self) == 0 || !self.dli_fname)
    return nullptr;
  const char *slash = std::strrchr(self.dli_fname, '/');
  if (!slash) return nullptr;
  const int length =
      std::snprintf(path, sizeof path, "%.*s/%s", static_cast<int>(slash - self.dli_fname),
                    self.dli_fname, kSoname);
  const bool fits = length > 0 && static_cast<std::size_t>(length) < sizeof path;
  return fits ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
}

void *openInToolkit() {
  for (const char *path :
       {"/usr/local/cuda/lib64/libcupti.so.13", "/usr/local/cuda/extras/CUPTI/lib64/libcupti.so.13",
        "/usr/local/cuda/targets/x86_64-linux/lib/libcupti.so.13"})
    if (void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL)) return library;
  return nullptr;
}

// Null, with the reason of the last failure that was not "no such file" in `why`.
void *openCupti(const CuptiPlaces &places, char *why, std::size_t capacity) {
  if (void *loaded = dlopen(kSoname, RTLD_NOW | RTLD_NOLOAD)) return loaded;
  if (dlopen("libcupti.so.12", RTLD_NOW | RTLD_NOLOAD)) {
    std::snprintf(why, capacity,
                  "the program uses CUPTI 12, and hotloop records with CUPTI 13 (CUDA 13) only");
    return nullptr;
  }
  if (places.chosen) {
    void *library = dlopen(places.chosen, RTLD_NOW | RTLD_LOCAL);
    const char *error = library ? nullptr : dlerror();
    if (!library)
      std::snprintf(why, capacity, "HOTLOOP_CUPTI_PATH cannot be used: %s", error ? error : "?");
    return library;
  }
  if (void *library = dlopen(kSoname, RTLD_NOW | RTLD_LOCAL)) return library;
  const char *error = dlerror();
  const bool absent = !error || std::strstr(error, "No such file");
  std::snprintf(why, capacity,
                absent
                    ? "libcupti.so.13 was not found; set HOTLOOP_CUPTI_PATH to it (it comes with "
                      "CUDA 13, and with PyTorch's nvidia-cuda-cupti wheel)"
                    : "libcupti.so.13 cannot be used: %s",
                error);
  if (void *library = openBesideUs()) return library;
  if (void *library = openInToolkit()) return library;
  return places.hint ? dlopen(places.hint, RTLD_NOW | RTLD_LOCAL) : nullptr;
}

} // namespace

bool loadCupti(CuptiApi &api, const CuptiPlaces &places, char *why, std::size_t capacity) noexcept {
  void *library = openCupti(places, why, capacity);
  dlerror();
  if (!library) return false;
  api.cuptiGetVersion =
      reinterpret_cast<decltype(api.cuptiGetVersion)>(dlsym(library, "cuptiGetVersion"));
  if (!api.cuptiGetVersion || api.cuptiGetVersion(&api.version) != CUPTI_SUCCESS) {
    std::snprintf(why, capacity, "the libcupti.so.13 that was found does not tell its version");
    return false;
  }
  if (api.version < kOldestVersion || api.version >= kTooNewVersion) {
    std::snprintf(why, capacity, "CUPTI of version %u is not supported (13.0 to 13.x are)",
                  api.version);
    return false;
  }
  const char *missing = nullptr;
#define HOTLOOP_LOAD(function)                                                                     \
  api.function = reinterpret_cast<decltype(api.function)>(dlsym(library, #function));              \
  if (!api.function) missing = #function;
  HOTLOOP_CUPTI_FUNCTIONS(HOTLOOP_LOAD)
#undef HOTLOOP_LOAD
  if (missing) {
    std::snprintf(why, capacity, "the libcupti.so.13 that was found has no %s", missing);
    return false;
  }
  why[0] = '\0';
  return true;
}

} // namespace hotloop::cupti
