#include "core/store/run_file.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

#include "core/input/file_content.h"
#include "core/store/process_identity.h"
#include "core/store/run_state.h"

namespace hotloop {

namespace {

// Offsets in the header of an SQLite file (sqlite.org/fileformat.html, section 1.3).
constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kUserVersionOffset = 60;
constexpr std::size_t kApplicationIdOffset = 68;
constexpr char kSqliteMagic[] = "SQLite format 3";

std::uint32_t bigEndian(const unsigned char *bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | std::uint32_t{bytes[3]};
}

// Reads one page through SQLite, which also looks at the journals.
Result<void> probe(const Connection &connection, const std::string &path) {
  auto pages = queryInteger(connection.get(), "SELECT count(*) FROM sqlite_schema", path);
  if (!pages) return Unexpected(pages.error());
  return {};
}

Result<OpenFile> openCopy(const std::string &path, const FileHeader &header) {
  OpenFile file;
  file.header = header;
  HOTLOOP_ASSIGN(file.folder, TemporaryFolder::create());
  const std::string copy = file.folder.path() / "run";
  for (const char *suffix : {"", "-wal", "-journal"}) {
    std::error_code code;
    std::filesystem::copy_file(path + suffix, copy + suffix, code);
    if (code && (*suffix == '\0' || code != std::errc::no_such_file_or_directory))
      return Unexpected(systemError(code.value(), path + ": could not be copied to " +
                                                      file.folder.path().string() +
                                                      " to read it; set TMPDIR to a folder with "
                                                      "free space"));
    if (!code)
      std::filesystem::permissions(copy + suffix, std::filesystem::perms::owner_write,
                                   std::filesystem::perm_options::add, code);
  }
  HOTLOOP_ASSIGN(file.connection, openConnection(copy, SQLITE_OPEN_READWRITE, path));
  HOTLOOP_TRY(probe(file.connection, path));
  return file;
}

Error notSqlite(const std::string &path) {
  const auto beginning = readBeginning(path);
  if (!beginning) return beginning.error();
  const FileContent content = contentOf(*beginning);
  if (!beginning->compressed && (content == FileContent::kSqlite || content == FileContent::kRun))
    return corrupt(path + ": not an SQLite file any more: it ends within its header");
  return notRunError(path, *beginning);
}

Error otherSqlite(const Connection &connection, const std::string &path) {
  const auto beginning = readBeginning(path);
  if (!beginning) return beginning.error();
  const auto exported = queryInteger(
      connection.get(),
      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'StringIds'", path);
  return notRunError(path, *beginning, exported && *exported > 0);
}

} // namespace

Result<FileHeader> readFileHeader(const std::string &path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return Unexpected(notFound(path + ": no such file"));
    return Unexpected(systemError(errno, path));
  }
  if (S_ISDIR(status.st_mode))
    return Unexpected(invalidInput(path + ": is a folder, not a run file"));
  if (!S_ISREG(status.st_mode)) return Unexpected(invalidInput(path + ": is not a plain file"));
  std::array<unsigned char, kHeaderBytes> bytes{};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Unexpected(systemError(errno == 0 ? EACCES : errno, path));
  file.read(reinterpret_cast<char *>(bytes.data()), bytes.size());
  FileHeader header;
  header.fileBytes = static_cast<std::uint64_t>(status.st_size);
  header.isSqlite = file.gcount() == static_cast<std::streamsize>(kHeaderBytes) &&
                    std::memcmp(bytes.data(), kSqliteMagic, sizeof kSqliteMagic) == 0;
  if (!header.isSqlite) return header;
  header.version = static_cast<int>(bigEndian(bytes.data() + kUserVersionOffset));
  header.isRun = bigEndian(bytes.data() + kApplicationIdOffset) == kApplicationId;
  return header;
}

Result<OpenFile> openSqliteFile(const std::string &path) {
  HOTLOOP_ASSIGN(const FileHeader header, readFileHeader(path));
  if (header.fileBytes == 0)
    return Unexpected(invalidInput(path + ": is an empty file; nothing was recorded into it"));
  if (!header.isSqlite) return Unexpected(notSqlite(path));
  OpenFile file;
  file.header = header;
  auto opened = openConnection(path, SQLITE_OPEN_READONLY, path);
  auto readable = opened ? probe(*opened, path) : Result<void>(Unexpected(opened.error()));
  if (readable) {
    file.connection = std::move(opened).value();
    return file;
  }
  // A journal that has to be played back first, or a WAL beside which no index can be made.
  if (readable.error().kind != ErrorKind::kPermission) return Unexpected(readable.error());
  return openCopy(path, header);
}

Result<OpenFile> openRunFile(const std::string &path, std::span<const Migration> steps,
                             int version) {
  HOTLOOP_ASSIGN(OpenFile file, openSqliteFile(path));
  if (!file.header.isRun) return Unexpected(otherSqlite(file.connection, path));
  HOTLOOP_ASSIGN(const std::int64_t stored,
                 queryInteger(file.connection.get(), "PRAGMA user_version", path));
  file.header.version = static_cast<int>(stored);
  if (stored > version)
    return Unexpected(unsupported(path + ": was written by a newer hotloop (format " +
                                  std::to_string(stored) + ", this one reads up to " +
                                  std::to_string(version) + "); update hotloop"));
  if (stored == version) return file;
  if (file.folder.path().empty()) {
    file.connection.reset();
    const FileHeader header = file.header;
    HOTLOOP_ASSIGN(file, openCopy(path, header));
  }
  HOTLOOP_TRY(migrate(file.connection.get(), path, static_cast<int>(stored), version, steps));
  return file;
}

bool isBeingRecorded(const std::string &path) {
  auto file = openRunFile(path);
  if (!file) return file.error().kind == ErrorKind::kBusy;
  auto state = readRunState(file->connection.get(), path);
  return state && *state == "running";
}

} // namespace hotloop
