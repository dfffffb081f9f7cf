#pragma once

#include <filesystem>
#include <utility>

#include "core/base/result.h"

namespace hotloop {

// A private folder that is removed with all it holds when this object goes. Empty by default.
class TemporaryFolder {
public:
  TemporaryFolder() = default;
  // In the system's folder for temporary files. Errors: it is not writable, or full.
  static Result<TemporaryFolder> create();

  TemporaryFolder(TemporaryFolder &&other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder &operator=(TemporaryFolder &&other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~TemporaryFolder();

  const std::filesystem::path &path() const { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace hotloop
