#include "collectors/inject/cupti_search.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace hotloop {
namespace {

namespace fs = std::filesystem;

constexpr const char *kInPackages[] = {"nvidia/cu13/lib/libcupti.so.13",
                                       "nvidia/cuda_cupti/lib/libcupti.so.13"};

// In <lib>/python3*/{site,dist}-packages.
std::string searchLibraryFolder(const fs::path &lib) {
  std::error_code error;
  for (const auto &entry : fs::directory_iterator(lib, error)) {
    if (!entry.path().filename().string().starts_with("python3")) continue;
    for (const char *packages : {"site-packages", "dist-packages"})
      for (const char *place : kInPackages) {
        fs::path candidate = entry.path() / packages / place;
        if (fs::is_regular_file(candidate, error)) return candidate.string();
      }
  }
  return {};
}

} // namespace

std::string findCupti() {
  const char *path = std::getenv("PATH");
  const std::string folders = path ? path : "/usr/bin";
  for (std::size_t begin = 0; begin <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    const fs::path folder = folders.substr(begin, end - begin);
    begin = end + 1;
    std::error_code error;
    if (folder.empty() || !fs::exists(folder / "python3", error)) continue;
    // bin/ of a virtual environment, or of the system, whose pip installs to /usr/local.
    if (std::string found = searchLibraryFolder(folder.parent_path() / "lib"); !found.empty())
      return found;
  }
  return searchLibraryFolder("/usr/local/lib");
}

} // namespace hotloop
