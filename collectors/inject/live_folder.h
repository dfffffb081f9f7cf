#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace hotloop {

// The folder in which the processes of one run leave their rings: in shared memory where that has
// room, else beside the output. Readable by the user only; removed, with what lies in it, by the
// destructor.
class LiveFolder {
public:
  // Also removes folders that recorders left behind which are gone. Errors: no place is writable.
  static Result<LiveFolder> create(const std::string &outputPath);
  LiveFolder(LiveFolder &&other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  LiveFolder &operator=(LiveFolder &&) = delete;
  ~LiveFolder();

  const std::string &path() const { return path_; }
  // Names of the entries; none when the folder is gone. exists() tells the two apart.
  std::vector<std::string> entries() const;
  bool exists() const;

private:
  explicit LiveFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

} // namespace hotloop
