#include <climits>
#include <filesystem>
#include <unistd.h>

#include "collectors/inject/recorder.h"

namespace hotloop {

Result<std::string> findInjectLibrary() {
  namespace fs = std::filesystem;
  char self[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", self, sizeof self);
  std::string places;
  if (length > 0) {
    const fs::path folder =
        fs::path(std::string(self, static_cast<std::size_t>(length))).parent_path();
    // Installed: bin/hotloop and lib/libhotloop.so; a build tree has the same shape.
    for (const fs::path &place : {folder, folder.parent_path() / "lib"}) {
      std::error_code error;
      const fs::path candidate = place / "libhotloop.so";
      if (fs::is_regular_file(candidate, error)) return candidate.string();
      places += (places.empty() ? "" : " and ") + place.string();
    }
  }
  return Unexpected(notFound("libhotloop.so, which is loaded into the program, was not found in " +
                             (places.empty() ? std::string("the folder of this program") : places) +
                             ": install hotloop as a whole"));
}

} // namespace hotloop
