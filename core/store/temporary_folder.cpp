#include "core/store/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace hotloop {

Result<TemporaryFolder> TemporaryFolder::create() {
  std::error_code code;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(code);
  std::string name = (code ? std::filesystem::path("/tmp") : parent) / "hotloop-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr)
    return Unexpected(systemError(errno, "A temporary folder could not be made (" + name +
                                             "); set TMPDIR to a folder with free space"));
  TemporaryFolder folder;
  folder.path_ = name;
  return folder;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

} // namespace hotloop
