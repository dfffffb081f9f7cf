#include "collectors/torch/loaded_library.h"

#include <dlfcn.h>
#include <link.h>

#include <exception>
#include <string_view>

namespace hotloop::torch_collector {
namespace {

struct Search {
  std::string_view name;
  char path[4096];
};

int matches(dl_phdr_info *info, std::size_t, void *data) {
  auto &search = *static_cast<Search *>(data);
  const std::string_view path = info->dlpi_name == nullptr ? "" : info->dlpi_name;
  const std::size_t slash = path.rfind('/');
  std::string_view base = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (!base.starts_with(search.name) || path.size() >= sizeof search.path) {
    return 0;
  }
  base.remove_prefix(search.name.size());
  if (!base.empty() && base.front() != '.') {
    return 0;
  }
  path.copy(search.path, path.size());
  search.path[path.size()] = '\0';
  return 1;
}

} // namespace

LoadedLibrary findLoaded(const char *name) noexcept {
  Search search{name, {}};
  // dlopen must not be called from within the iteration, which holds the loader's lock.
  if (dl_iterate_phdr(matches, &search) == 0) {
    return {};
  }
  try {
    return {dlopen(search.path, RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL), search.path};
  } catch (const std::exception &) {
    return {};
  }
}

std::string ownFolder() noexcept {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void *>(&ownFolder), &info) == 0 || info.dli_fname == nullptr) {
    return {};
  }
  try {
    const std::string_view path = info.dli_fname;
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash + 1));
  } catch (const std::exception &) {
    return {};
  }
}

} // namespace hotloop::torch_collector
