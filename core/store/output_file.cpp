#include "core/store/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "core/store/run_file.h"

namespace hotloop {

namespace {

Error cannotCreate(const std::string &path, int number) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const std::string where = folder.empty() ? "the working folder" : "folder " + folder;
  std::error_code ignored;
  if (number == ENOENT && std::filesystem::is_directory(folder.empty() ? "." : folder, ignored))
    return {ErrorKind::kPermission,
            path + ": cannot be created, " + where + " takes no files; choose another output path"};
  switch (number) {
  case ENOENT:
  case ENOTDIR: return notFound(path + ": cannot be created, " + where + " does not exist");
  case EACCES:
  case EPERM:
  case EROFS:
    return {ErrorKind::kPermission, path + ": cannot be created, " + where +
                                        " is not writable; choose another output path"};
  default: return systemError(number, path + ": cannot be created");
  }
}

Result<void> checkReplaceable(const std::string &path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  if (!S_ISREG(status.st_mode))
    return Unexpected(invalidInput(path + ": is not a plain file; choose another output path"));
  if (status.st_size == 0) return {};
  HOTLOOP_ASSIGN(const FileHeader header, readFileHeader(path));
  if (!header.isRun)
    return Unexpected(invalidInput(
        path + ": exists and is not a hotloop run, so it is not overwritten; remove it or choose "
               "another output path"));
  if (isBeingRecorded(path))
    return Unexpected(Error{ErrorKind::kBusy, path + ": is being recorded into; stop that "
                                                     "recording or choose another output path"});
  return {};
}

} // namespace

void removeRunFile(const std::string &path) {
  for (const char *suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((path + suffix).c_str());
}

Result<void> createOutputFile(const std::string &path, bool overwrite) {
  if (path.empty()) return Unexpected(invalidInput("The output path is empty"));
  if (overwrite) {
    HOTLOOP_TRY(checkReplaceable(path));
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
      return Unexpected(cannotCreate(path, errno));
  }
  const int descriptor = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    if (errno == EEXIST)
      return Unexpected(invalidInput(
          path + ": exists already; remove it, choose another output path or allow overwriting"));
    return Unexpected(cannotCreate(path, errno));
  }
  ::close(descriptor);
  // Left-overs of an older run of this name would be taken for this one's.
  for (const char *suffix : {"-wal", "-shm", "-journal"}) ::unlink((path + suffix).c_str());
  return {};
}

} // namespace hotloop
