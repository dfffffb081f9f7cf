#include "collectors/inject/live_folder.h"

#include <cerrno>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/ring/ring_format.h"
#include "core/store/process_identity.h"

namespace hotloop {
namespace {

constexpr const char *kSharedMemory = "/dev/shm";
constexpr const char *kOwnerFile = "recorder";
constexpr std::uint64_t kWantedBytes = 4 * ring::kRegionBytes;
constexpr time_t kYoungSeconds = 60; // may still be in the making

std::uint64_t freeBytes(const std::string &folder) {
  struct statvfs status{};
  if (::statvfs(folder.c_str(), &status) != 0) return 0;
  return std::uint64_t(status.f_bavail) * status.f_frsize;
}

std::vector<std::string> namesIn(const std::string &folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR *)> directory(::opendir(folder.c_str()), ::closedir);
  if (!directory) return names;
  while (const dirent *entry = ::readdir(directory.get()))
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  return names;
}

// Only what is ours to delete: plain entries of one folder, not what a link points to.
void removeFolder(const std::string &folder) {
  for (const std::string &name : namesIn(folder)) ::unlink((folder + "/" + name).c_str());
  ::rmdir(folder.c_str());
}

std::string prefix() { return "hotloop-" + std::to_string(::geteuid()) + "-"; }

bool writeOwner(const std::string &folder) {
  const ProcessIdentity self = currentProcess();
  std::ofstream file(folder + "/" + kOwnerFile);
  file << self.pid << ' ' << (self.startTicks.empty() ? "-" : self.startTicks) << ' '
       << (self.bootId.empty() ? "-" : self.bootId) << '\n';
  return file.good();
}

bool isAbandoned(const std::string &folder) {
  struct stat status{};
  if (::lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
      status.st_uid != ::geteuid() || ::time(nullptr) - status.st_mtime < kYoungSeconds)
    return false;
  ProcessIdentity owner;
  std::ifstream file(folder + "/" + kOwnerFile);
  if (!(file >> owner.pid >> owner.startTicks >> owner.bootId)) return true;
  if (owner.startTicks == "-") owner.startTicks.clear();
  if (owner.bootId == "-") owner.bootId.clear();
  return !isAlive(owner);
}

void removeAbandoned(const std::string &parent, const std::string &start) {
  const std::unique_ptr<DIR, int (*)(DIR *)> directory(::opendir(parent.c_str()), ::closedir);
  if (!directory) return;
  while (const dirent *entry = ::readdir(directory.get())) {
    const std::string name = entry->d_name;
    if (name.compare(0, start.size(), start) == 0 && isAbandoned(parent + "/" + name))
      removeFolder(parent + "/" + name);
  }
}

int makeFolder(const std::string &parent, const std::string &start, std::string &path) {
  for (int tries = 0; tries < 16; ++tries) {
    std::uint64_t random = 0;
    if (::getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
      random = static_cast<std::uint64_t>(::getpid()) * 1000003u + static_cast<unsigned>(tries);
    char digits[20];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(random));
    path = parent + "/" + start + digits;
    if (::mkdir(path.c_str(), 0700) == 0) return writeOwner(path) ? 0 : ENOSPC;
    if (errno != EEXIST) return errno;
  }
  return EEXIST;
}

} // namespace

Result<LiveFolder> LiveFolder::create(const std::string &outputPath) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path output = fs::absolute(outputPath, ignored);
  const std::string beside = output.parent_path().string();
  removeAbandoned(kSharedMemory, prefix());
  removeAbandoned(beside, "." + prefix());

  std::string path;
  if (freeBytes(kSharedMemory) >= kWantedBytes && makeFolder(kSharedMemory, prefix(), path) == 0)
    return LiveFolder(path);
  const int failure = makeFolder(beside, "." + prefix(), path);
  if (failure == 0) return LiveFolder(path);
  return Unexpected(systemError(
      failure, "cannot make a folder for the program's event buffers, neither in " +
                   std::string(kSharedMemory) + " (64 MiB free are needed) nor in " + beside +
                   "; free some space or write the run file elsewhere with -o"));
}

LiveFolder::~LiveFolder() {
  if (!path_.empty()) removeFolder(path_);
}

std::vector<std::string> LiveFolder::entries() const { return namesIn(path_); }

bool LiveFolder::exists() const { return ::access(path_.c_str(), F_OK) == 0; }

} // namespace hotloop
