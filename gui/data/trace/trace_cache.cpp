#include "gui/data/trace/trace_cache.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "gui/data/trace/byte_stream.h"
#include "gui/data/trace/trace_check.h"

namespace hotloop::gui {
namespace {

constexpr std::uint64_t kMagic = 0x31304843504f4f4cull; // changes with the byte order
constexpr std::uint32_t kVersion = 3;                   // of everything below
constexpr std::size_t kAlignment = 64;
constexpr std::string_view kCacheEnding = ".hlcache";
constexpr std::string_view kPartEnding = ".part"; // RUN.hlcache.PID.part while it is written

enum Section {
  kMeta,
  kStart,
  kDuration,
  kName,
  kRow,
  kNodes,
  kLongs,
  kFlows,
  kByDevice,
  kSections
};

// Of the run file, so that a changed one is noticed.
struct Identity {
  std::uint64_t bytes = 0;
  std::int64_t modified = 0; // ns
  std::uint64_t inode = 0;
  std::uint64_t head = 0; // hash of its first 100 bytes, SQLite's change counter among them
  bool operator==(const Identity &) const = default;
};

struct Place {
  std::uint64_t offset = 0, bytes = 0;
};
struct Header {
  std::uint64_t magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t nodeBytes = sizeof(Node);
  Identity run;
  std::array<Place, kSections> sections{};
  std::uint64_t metaHash = 0;
};

CachePolicy policy;

// FNV-1a over words, four of them in turn: byte by byte it would be most of a warm open.
std::uint64_t hash(const char *bytes, std::size_t size) {
  constexpr std::uint64_t kPrime = 1099511628211ull;
  std::uint64_t lanes[4] = {14695981039346656037ull, 1, 2, size};
  for (; size >= sizeof lanes; size -= sizeof lanes, bytes += sizeof lanes) {
    std::uint64_t words[4];
    std::memcpy(words, bytes, sizeof words);
    for (int i = 0; i < 4; ++i) {
      lanes[i] = (lanes[i] ^ words[i]) * kPrime;
      lanes[i] ^= lanes[i] >> 29; // or high bits would never reach low ones
    }
  }
  std::uint64_t h = lanes[0];
  for (int i = 1; i < 4; ++i) h = ((h ^ lanes[i]) * kPrime) ^ (h >> 31);
  for (std::size_t i = 0; i < size; ++i) h = (h ^ static_cast<unsigned char>(bytes[i])) * kPrime;
  return h;
}

bool identify(const std::string &path, Identity &identity) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return false;
  // A run with a journal is being written, or its file alone does not tell its content.
  struct stat journal{};
  if (::stat((path + "-wal").c_str(), &journal) == 0 && journal.st_size > 0) return false;
  identity.bytes = static_cast<std::uint64_t>(status.st_size);
  identity.modified = status.st_mtim.tv_sec * 1'000'000'000ll + status.st_mtim.tv_nsec;
  identity.inode = status.st_ino;
  std::array<char, 100> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  identity.head = hash(head.data(), static_cast<std::size_t>(file.gcount()));
  return true;
}

std::vector<std::string> candidates(const std::string &path) {
  std::vector<std::string> list{path + std::string(kCacheEnding)};
  if (!policy.folder.empty()) {
    std::error_code error;
    const std::string whole = std::filesystem::absolute(path, error).string();
    std::array<char, 24> name{};
    std::snprintf(name.data(), name.size(), "%016llx",
                  static_cast<unsigned long long>(hash(whole.data(), whole.size())));
    list.push_back(policy.folder + "/" + name.data() + std::string(kCacheEnding));
  }
  return list;
}

std::vector<char> metaBytes(const Trace &trace) {
  ByteWriter out;
  out.put(trace.origin);
  out.put(trace.length);
  out.put(static_cast<std::uint64_t>(trace.tracks.size()));
  for (const Track &track : trace.tracks) {
    out.put(track.table);
    for (const std::uint32_t value :
         {track.entity, track.process, track.order, track.firstLane, track.laneCount})
      out.put(value);
    out.put(track.events);
    out.putText(track.group);
    out.putText(track.label);
  }
  out.putList(trace.lanes);
  out.put(static_cast<std::uint64_t>(trace.names.size()));
  for (const SliceName &name : trace.names) {
    out.put(name.category);
    out.put(name.table);
    out.putText(name.text);
    out.putText(name.label);
  }
  out.put(static_cast<std::uint64_t>(trace.counters.size()));
  for (const CounterSeries &series : trace.counters) {
    out.putText(series.label());
    out.putList(series.times());
    out.putList(series.values());
  }
  out.put(static_cast<std::uint64_t>(trace.steps.size()));
  for (const TraceStep &step : trace.steps) {
    out.put(step.start);
    out.put(step.end);
    out.put(step.number);
    out.put(static_cast<std::uint8_t>(step.steady));
  }
  out.put(static_cast<std::uint64_t>(trace.problems.size()));
  for (const TraceProblem &problem : trace.problems) {
    out.putText(problem.sentence);
    out.put(problem.count);
  }
  return out.bytes();
}

// Lists of claimed length are read item by item, so a lie ends with the bytes.
template <class Item> void each(ByteReader &in, Item &&item) {
  const auto count = in.get<std::uint64_t>();
  for (std::uint64_t i = 0; i < count && in.good(); ++i) item();
}

bool readMeta(ByteReader in, Trace &trace) {
  trace.origin = in.get<std::int64_t>();
  trace.length = in.get<std::int64_t>();
  each(in, [&] {
    Track track;
    track.table = in.get<EventTable>();
    for (std::uint32_t *value :
         {&track.entity, &track.process, &track.order, &track.firstLane, &track.laneCount})
      *value = in.get<std::uint32_t>();
    track.events = in.get<std::uint64_t>();
    track.group = in.getText();
    track.label = in.getText();
    trace.tracks.push_back(std::move(track));
  });
  trace.lanes = in.getList<Lane>();
  each(in, [&] {
    SliceName name;
    name.category = in.get<Category>();
    name.table = in.get<EventTable>();
    name.text = in.getText();
    name.label = in.getText();
    trace.names.push_back(std::move(name));
  });
  each(in, [&] {
    std::string label = in.getText();
    auto times = in.getList<std::int64_t>();
    auto values = in.getList<std::int64_t>();
    if (values.size() == times.size())
      trace.counters.emplace_back(std::move(label), std::move(times), std::move(values));
  });
  each(in, [&] {
    TraceStep step;
    step.start = in.get<std::int64_t>();
    step.end = in.get<std::int64_t>();
    step.number = in.get<std::int64_t>();
    step.steady = in.get<std::uint8_t>() != 0;
    trace.steps.push_back(step);
  });
  each(in, [&] {
    TraceProblem problem;
    problem.sentence = in.getText();
    problem.count = in.get<std::uint64_t>();
    trace.problems.push_back(std::move(problem));
  });
  return in.good() && in.atEnd();
}

struct Mapping {
  void *address = MAP_FAILED;
  std::size_t bytes = 0;
  ~Mapping() {
    if (address != MAP_FAILED) ::munmap(address, bytes);
  }
};

template <class T> bool span(const Mapping &mapping, const Place &place, std::span<const T> &out) {
  if (place.offset % kAlignment != 0 || place.bytes % sizeof(T) != 0 ||
      place.offset > mapping.bytes || place.bytes > mapping.bytes - place.offset) {
    return false;
  }
  const auto *first = static_cast<const char *>(mapping.address) + place.offset;
  out = std::span(reinterpret_cast<const T *>(first), place.bytes / sizeof(T));
  return true;
}

TracePtr loadFrom(const std::string &cache, const Identity &run) {
  const int file = ::open(cache.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return nullptr;
  struct stat status{};
  auto mapping = std::make_shared<Mapping>();
  if (::fstat(file, &status) == 0 && status.st_size >= static_cast<off_t>(sizeof(Header))) {
    mapping->bytes = static_cast<std::size_t>(status.st_size);
    mapping->address = ::mmap(nullptr, mapping->bytes, PROT_READ, MAP_PRIVATE, file, 0);
  }
  ::close(file);
  if (mapping->address == MAP_FAILED) return nullptr;
  Header header;
  std::memcpy(&header, mapping->address, sizeof header);
  if (header.magic != kMagic || header.version != kVersion || header.nodeBytes != sizeof(Node) ||
      header.run != run) {
    return nullptr;
  }
  auto trace = std::make_shared<Trace>();
  std::span<const char> meta;
  const auto &at = header.sections;
  if (!span(*mapping, at[kMeta], meta) || hash(meta.data(), meta.size()) != header.metaHash ||
      !readMeta(ByteReader(meta.data(), meta.size()), *trace) ||
      !span(*mapping, at[kStart], trace->start) ||
      !span(*mapping, at[kDuration], trace->shortDuration) ||
      !span(*mapping, at[kName], trace->name) || !span(*mapping, at[kRow], trace->row) ||
      !span(*mapping, at[kNodes], trace->nodes) ||
      !span(*mapping, at[kLongs], trace->longDurations) ||
      !span(*mapping, at[kFlows], trace->flows) ||
      !span(*mapping, at[kByDevice], trace->flowsByDevice) || !isConsistent(*trace)) {
    return nullptr;
  }
  trace->storage = std::move(mapping);
  return trace;
}

// Is it RUN.hlcache.PID.part of a process that is gone?
bool isLeftOver(const std::string &name) {
  const std::size_t middle = name.rfind(kCacheEnding);
  if (middle == std::string::npos || !name.ends_with(kPartEnding)) return false;
  const std::size_t from = middle + kCacheEnding.size() + 1; // behind the dot
  if (from + kPartEnding.size() >= name.size()) return false;
  const char *last = name.data() + name.size() - kPartEnding.size();
  pid_t writer = 0;
  const auto [stop, failed] = std::from_chars(name.data() + from, last, writer);
  if (failed != std::errc() || stop != last || writer <= 0 || name[from - 1] != '.') return false;
  return ::kill(writer, 0) != 0 && errno == ESRCH;
}

// Killed while they wrote, viewers leave parts as large as a cache. One of a process that another
// machine runs only loses its cache.
void removeLeftOvers(const std::filesystem::path &folder) {
  std::error_code error;
  std::vector<std::filesystem::path> old;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (isLeftOver(entry->path().filename().string())) old.push_back(entry->path());
  }
  for (const std::filesystem::path &path : old) std::filesystem::remove(path, error);
}

bool storeTo(const std::string &cache, const Identity &run, const Trace &trace) {
  const std::vector<char> meta = metaBytes(trace);
  const auto bytes = [](const auto &list) {
    return std::string_view(reinterpret_cast<const char *>(list.data()),
                            list.size() * sizeof(*list.data()));
  };
  const std::array<std::string_view, kSections> sections = {bytes(meta),
                                                            bytes(trace.start),
                                                            bytes(trace.shortDuration),
                                                            bytes(trace.name),
                                                            bytes(trace.row),
                                                            bytes(trace.nodes),
                                                            bytes(trace.longDurations),
                                                            bytes(trace.flows),
                                                            bytes(trace.flowsByDevice)};
  Header header;
  header.run = run;
  header.metaHash = hash(meta.data(), meta.size());
  std::uint64_t offset = sizeof(Header);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    offset = (offset + kAlignment - 1) / kAlignment * kAlignment;
    header.sections[i] = {offset, sections[i].size()};
    offset += sections[i].size();
  }
  // A reader sees the whole file or none; two viewers may write at once.
  const std::string part = cache + "." + std::to_string(::getpid()) + std::string(kPartEnding);
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char *>(&header), sizeof header);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    file.seekp(static_cast<std::streamoff>(header.sections[i].offset));
    file.write(sections[i].data(), static_cast<std::streamsize>(sections[i].size()));
  }
  file.close();
  std::error_code error;
  if (file) {
    std::filesystem::resize_file(part, std::max<std::uint64_t>(offset, sizeof header), error);
    if (!error) std::filesystem::rename(part, cache, error);
    if (!error) return true;
  }
  std::filesystem::remove(part, error);
  return false;
}

} // namespace

void setCachePolicy(CachePolicy newPolicy) { policy = std::move(newPolicy); }

std::string cachePath(const std::string &path) { return candidates(path).front(); }

TracePtr loadCachedTrace(const std::string &path) {
  Identity run;
  if (!policy.enabled || !identify(path, run)) return nullptr;
  for (const std::string &cache : candidates(path)) {
    if (TracePtr trace = loadFrom(cache, run)) return trace;
  }
  return nullptr;
}

bool storeCachedTrace(const std::string &path, const Trace &trace) {
  Identity run;
  if (!policy.enabled || trace.size() < policy.leastSlices || !identify(path, run)) return false;
  for (const std::string &cache : candidates(path)) {
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::absolute(cache, error).parent_path();
    std::filesystem::create_directories(folder, error);
    removeLeftOvers(folder);
    if (storeTo(cache, run, trace)) return true;
  }
  return false;
}

} // namespace hotloop::gui
