#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace hotloop {

// A file that is written from front to back through a buffer of 1 MiB; compressed with gzip when
// its name ends in .gz. It appears under its name when close() succeeded, and is gone when the
// object goes without it. The first failure is kept and told by close().
class ExportFile {
public:
  // Errors: it exists (without overwrite), the folder is missing or not writable.
  static Result<ExportFile> create(const std::string &path, bool overwrite);
  ExportFile(ExportFile &&) noexcept;
  ExportFile &operator=(ExportFile &&) noexcept;
  ~ExportFile();

  void append(std::string_view bytes);
  std::uint64_t bytes() const; // appended so far
  Result<void> close();

private:
  struct State;
  explicit ExportFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace hotloop
