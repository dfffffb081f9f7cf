#pragma once

#include <string>

namespace hotloop::torch_collector {

// A library that the process has loaded, whatever its visibility: Python opens LibTorch with
// RTLD_LOCAL, so RTLD_DEFAULT finds nothing of it.
struct LoadedLibrary {
  void *handle = nullptr; // of dlopen with RTLD_NOLOAD; kept for good. Null: not loaded
  std::string path;
};

// The first loaded library whose file name is `name` or `name` with a version number ("libc10.so",
// "libc10.so.1.13").
LoadedLibrary findLoaded(const char *name) noexcept;

// The folder of the library that this code is in, ending in '/'; "" when the loader does not say.
std::string ownFolder() noexcept;

} // namespace hotloop::torch_collector
