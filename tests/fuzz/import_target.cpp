#include "tests/fuzz/import_target.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "collectors/import/import_trace.h"
#include "tests/fuzz/mutate.h"

namespace hotloop::fuzz {

ImportProbe::ImportProbe() {
  std::string name = std::filesystem::temp_directory_path() / "hotloop-fuzz-import-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  folder_ = name;
  path_ = folder_ + "/input";
}

ImportProbe::~ImportProbe() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string ImportProbe::check(const std::string &bytes) {
  writeInput(path_, bytes);
  return checkFile();
}

std::string ImportProbe::checkFile() {
  const auto trace = importView(path_);
  if (!trace)
    return trace.error().message.find(path_) == std::string::npos
               ? "an error does not name the file: " + trace.error().message
               : "";
  const TraceData &data = **trace;
  if (!std::ranges::is_sorted(data.ops.start)) return "operators are out of order";
  for (const ThreadId lane : data.apis.lane)
    if (lane.value > data.threads.id.size()) return "a call refers to no thread";
  for (const StreamId lane : data.kernels.lane)
    if (lane.value > data.streams.id.size()) return "a kernel refers to no stream";
  return "";
}

std::vector<std::string> corpus(const std::string &prefix) {
  std::vector<std::string> seeds;
  std::vector<std::filesystem::path> files;
  for (const auto &entry : std::filesystem::directory_iterator(HOTLOOP_CORPUS))
    if (entry.path().filename().string().starts_with(prefix)) files.push_back(entry.path());
  std::ranges::sort(files);
  for (const auto &file : files) seeds.push_back(readSeed(file));
  if (seeds.empty()) std::abort();
  return seeds;
}

std::string gzipped(const std::string &bytes, bool twoMembers) {
  const auto member = [](std::string_view part) {
    z_stream stream{};
    deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, part.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(part.data()));
    stream.avail_in = static_cast<uInt>(part.size());
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
  };
  if (!twoMembers) return member(bytes);
  const std::size_t half = bytes.size() / 2;
  return member(std::string_view(bytes).substr(0, half)) +
         member(std::string_view(bytes).substr(half));
}

} // namespace hotloop::fuzz
