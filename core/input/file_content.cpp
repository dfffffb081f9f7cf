#include "core/input/file_content.h"

#include <string_view>

#include "core/input/byte_source.h"

namespace hotloop {

namespace {

constexpr std::size_t kBeginning = 4096;

bool isSqlite(std::string_view beginning) {
  return beginning.starts_with(std::string_view("SQLite format 3\0", 16));
}

// The application id of core/store/schema.h, at byte 68 of SQLite's header.
bool isRunFile(std::string_view beginning) {
  return isSqlite(beginning) && beginning.size() > 72 && beginning.substr(68, 4) == "HLTR";
}

// Protocols 2 to 5 name themselves; 0 and 1 begin with the root, a dictionary or a list.
bool isPickle(std::string_view beginning) {
  const bool named = beginning.size() >= 2 && static_cast<unsigned char>(beginning[0]) == 0x80 &&
                     beginning[1] >= 2 && beginning[1] <= 5;
  return named || beginning.starts_with("(dp") || beginning.starts_with("(lp");
}

bool isJson(std::string_view beginning) {
  if (beginning.starts_with("\xef\xbb\xbf")) beginning.remove_prefix(3);
  const auto first = beginning.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (beginning[first] == '{' || beginning[first] == '[');
}

std::string withImport(const std::string &path, const std::string &what) {
  return path + ": is " + what + ", not a run of hotloop; make one of it: hotloop import " + path +
         " -o run.hotloop";
}

} // namespace

Result<FileBeginning> readBeginning(const std::string &path) {
  HOTLOOP_ASSIGN(ByteSource source, ByteSource::open(path));
  FileBeginning beginning{std::string(kBeginning, '\0'), source.compressed()};
  std::size_t filled = 0;
  while (filled < kBeginning) {
    HOTLOOP_ASSIGN(const std::size_t got,
                   source.read(beginning.bytes.data() + filled, kBeginning - filled));
    if (got == 0) break;
    filled += got;
  }
  beginning.bytes.resize(filled);
  if (filled == 0)
    return Unexpected(
        corrupt(path + ": cannot be decompressed" +
                (source.trouble().empty() ? ": it holds nothing" : ": " + source.trouble())));
  return beginning;
}

FileContent contentOf(const FileBeginning &beginning) {
  const std::string_view bytes = beginning.bytes;
  if (isRunFile(bytes))
    return beginning.compressed ? FileContent::kCompressedRun : FileContent::kRun;
  if (isSqlite(bytes)) return FileContent::kSqlite;
  if (isPickle(bytes)) return FileContent::kPickle;
  if (isJson(bytes)) return FileContent::kJson;
  return FileContent::kOther;
}

Error refusal(const std::string &path, const FileBeginning &beginning) {
  const std::string_view bytes = beginning.bytes;
  const std::string toSqlite = "nsys export --type sqlite -o report.sqlite ";
  if (isRunFile(bytes))
    return invalidInput(path + ": is a compressed run file; decompress it first (gunzip)");
  if (bytes.starts_with("NVIDIA Tegra Profiler Report"))
    return unsupported(
        path + ": is a report of Nsight Systems (.nsys-rep); convert it first: " + toSqlite + path);
  if (bytes.starts_with(std::string_view("NVR\0", 4)) || bytes.starts_with("\"ID\",\"Process ID\""))
    return unsupported(path +
                       ": is of Nsight Compute, which looks into single kernels; hotloop reads "
                       "timelines: record one with nsys profile and convert it with " +
                       toSqlite + "report.nsys-rep");
  if (bytes.size() > 262 && bytes.substr(257, 5) == "ustar")
    return unsupported(path + ": is a tar archive; unpack it (tar xf) and name the traces in it");
  return invalidInput(path + ": is of no format that hotloop reads: a run of hotloop, a JSON trace "
                             "of torch.profiler, an SQLite export of Nsight Systems, a memory "
                             "snapshot of torch (each plain or gzip)");
}

Error notRunError(const std::string &path, const FileBeginning &beginning, bool isNsys) {
  const std::string packed = beginning.compressed ? ", compressed with gzip" : "";
  switch (contentOf(beginning)) {
  case FileContent::kJson:
    return invalidInput(
        withImport(path, "JSON, as traces of torch.profiler (Kineto) are" + packed));
  case FileContent::kPickle:
    return invalidInput(withImport(path, "a pickle, as memory snapshots of torch are" + packed));
  case FileContent::kSqlite:
    if (isNsys) return invalidInput(withImport(path, "an SQLite export of Nsight Systems"));
    if (beginning.compressed) return invalidInput(withImport(path, "an SQLite file" + packed));
    return invalidInput(path + ": is an SQLite file, but neither a run of hotloop nor an export of "
                               "Nsight Systems; hotloop query reads it all the same");
  default: return refusal(path, beginning);
  }
}

} // namespace hotloop
