#include "cli/gate/profile_cache.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/gate/text_file.h"

namespace hotloop::cli {

namespace {

constexpr std::string_view kMagic = "hotloop profile 4 " HOTLOOP_VERSION "\n";

class Packer {
public:
  void number(std::int64_t value) {
    auto bits = (static_cast<std::uint64_t>(value) << 1) ^
                (value < 0 ? ~std::uint64_t{0} : std::uint64_t{0});
    while (bits >= 0x80) {
      out += static_cast<char>(bits | 0x80);
      bits >>= 7;
    }
    out += static_cast<char>(bits);
  }
  void real(double value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out.append(bytes, sizeof value);
  }
  void text(const std::string &value) {
    number(static_cast<std::int64_t>(value.size()));
    out += value;
  }
  void maybe(const std::optional<double> &value) {
    number(value ? 1 : 0);
    if (value) real(*value);
  }
  // Runs of equal values are the rule.
  void values(const std::vector<std::int64_t> &all) {
    number(static_cast<std::int64_t>(all.size()));
    for (std::size_t i = 0; i < all.size();) {
      std::size_t end = i + 1;
      while (end < all.size() && all[end] == all[i]) ++end;
      number(static_cast<std::int64_t>(end - i));
      number(all[i]);
      i = end;
    }
  }
  std::string out;
};

class Unpacker {
public:
  explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}
  bool good = true;

  void number(std::int64_t &value) {
    std::uint64_t bits = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ >= bytes_.size()) break;
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      bits |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        value = static_cast<std::int64_t>(bits >> 1) ^ -static_cast<std::int64_t>(bits & 1);
        return;
      }
    }
    good = false;
    value = 0;
  }
  void real(double &value) {
    if (bytes_.size() - at_ < sizeof value) {
      good = false;
      return;
    }
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
  }
  void text(std::string &value) {
    const std::size_t length = size();
    value.assign(bytes_.substr(at_, length));
    at_ += length;
  }
  void maybe(std::optional<double> &value) {
    std::int64_t there = 0;
    number(there);
    if (there == 0) return;
    double known = 0;
    real(known);
    value = known;
  }
  void values(std::vector<std::int64_t> &all) {
    std::int64_t count = 0;
    number(count);
    if (count < 0 || count > 100'000'000) good = false;
    while (good && static_cast<std::int64_t>(all.size()) < count) {
      std::int64_t length = 0, value = 0;
      number(length);
      number(value);
      if (length <= 0 || length > count - static_cast<std::int64_t>(all.size()))
        good = false;
      else
        all.insert(all.end(), static_cast<std::size_t>(length), value);
    }
  }
  // A length that what is left can hold.
  std::size_t size() {
    std::int64_t length = 0;
    number(length);
    if (length < 0 || static_cast<std::size_t>(length) > bytes_.size() - at_) {
      good = false;
      return 0;
    }
    return static_cast<std::size_t>(length);
  }
  bool atEnd() const { return at_ == bytes_.size(); }

private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

// One walk over all members serves both directions.
template <class IO, class Each> void list(Packer &io, const std::vector<IO> &items, Each &&each) {
  io.number(static_cast<std::int64_t>(items.size()));
  for (const IO &item : items) each(const_cast<IO &>(item));
}
template <class IO, class Each> void list(Unpacker &io, std::vector<IO> &items, Each &&each) {
  const std::size_t count = io.size();
  for (std::size_t i = 0; i < count && io.good; ++i) each(items.emplace_back());
}

template <class IO, class Number> void whole(IO &io, Number &value) {
  auto number = static_cast<std::int64_t>(value);
  if constexpr (std::is_same_v<IO, Packer>) {
    io.number(number);
  } else {
    io.number(number);
    value = static_cast<Number>(number);
  }
}

template <class IO> void walk(IO &io, LoadedProfile &all) {
  RunProfile &p = all.profile;
  Fingerprint &f = p.fingerprint;
  for (std::string *text :
       {&f.deviceClass, &f.device, &f.felt, &f.stepSource, &f.source, &f.attachment, &f.torch,
        &f.cuda, &f.driver, &f.python, &f.cpuModel, &p.command, &p.state, &p.whyNone})
    io.text(*text);
  whole(io, p.exitStatus);
  whole(io, p.steps);
  whole(io, p.startRealtime);
  io.values(p.durations);
  list(io, p.counted, [&](std::string &text) { io.text(text); });
  list(io, p.lost, [&](std::string &text) { io.text(text); });
  list(io, p.series, [&](CounterSeries &series) {
    io.text(series.counter);
    whole(io, series.level);
    io.text(series.phase);
    io.text(series.file);
    io.text(series.function);
    list(io, series.lines, [&](SeriesLine &line) {
      whole(io, line.line);
      io.text(line.op);
      io.real(line.perStep);
    });
    io.values(series.values);
  });
  list(io, p.owners, [&](TimeOwner &owner) {
    for (std::string *text : {&owner.category, &owner.phase, &owner.opPath, &owner.file,
                              &owner.function, &owner.family})
      io.text(*text);
    whole(io, owner.line);
    whole(io, owner.owned);
    whole(io, owner.worked);
    whole(io, owner.count);
    whole(io, owner.registers);
  });
  list(io, p.phaseTimes, [&](PhaseTime &phase) {
    io.text(phase.phase);
    io.values(phase.values);
  });
  for (std::string *text : {&all.run.command, &all.run.state, &all.run.toolVersion}) io.text(*text);
  StepFigures &s = all.steps;
  whole(io, s.total);
  whole(io, s.steady);
  for (double *value : {&s.periodMs, &s.durationMs, &s.p10Ms, &s.p90Ms}) io.real(*value);
  io.text(s.source);
  io.text(s.whyNone);
  for (std::optional<double> *value : {&s.operators, &s.launches, &s.graphLaunches, &s.kernels,
                                       &s.hostSyncs, &s.copies, &s.allocations, &s.allocatedBytes})
    io.maybe(*value);
  whole(io, s.felt);
  list(io, all.quality, [&](QualityNote &note) {
    io.text(note.name);
    io.text(note.severity);
    whole(io, note.count);
    io.text(note.message);
  });
  list(io, all.sites, [&](CostRow &row) {
    io.text(row.name);
    io.text(row.site.file);
    whole(io, row.site.line);
    io.text(row.site.function);
    io.text(row.site.rangePath);
    whole(io, row.selfTime.count);
    whole(io, row.totalTime.count);
    for (double *value :
         {&row.perStep, &row.hostSyncs, &row.launches, &row.allocations, &row.allocatedBytes})
      io.real(*value);
  });
  list(io, all.conditions, [&](std::pair<std::string, std::string> &condition) {
    io.text(condition.first);
    io.text(condition.second);
  });
}

} // namespace

std::string packProfile(const LoadedProfile &loaded) {
  Packer packer;
  packer.out = kMagic;
  walk(packer, const_cast<LoadedProfile &>(loaded));
  return std::move(packer.out);
}

std::optional<LoadedProfile> unpackProfile(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return std::nullopt;
  Unpacker unpacker(bytes.substr(kMagic.size()));
  LoadedProfile loaded;
  walk(unpacker, loaded);
  if (!unpacker.good || !unpacker.atEnd()) return std::nullopt;
  return loaded;
}

std::string ProfileCache::pathOf(const std::string &run, const StepChoice &steps) const {
  struct stat status{};
  if (folder_.empty() || stat(run.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  std::error_code ignored;
  const std::string key = fmt::format(
      "{}\n{}\n{}.{:09}\n{}.{:09}\n{}\n{} {}", std::filesystem::canonical(run, ignored).string(),
      status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
      status.st_ctim.tv_nsec, status.st_ino, steps.warmup, steps.most);
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return fmt::format("{}/{:016x}.profile", folder_, hash);
}

std::optional<LoadedProfile> ProfileCache::find(const std::string &run,
                                                const StepChoice &steps) const {
  const std::string path = pathOf(run, steps);
  if (path.empty()) return std::nullopt;
  const auto bytes = readTextFile(path);
  if (!bytes) return std::nullopt;
  auto loaded = unpackProfile(*bytes);
  if (loaded) loaded->run.file = run;
  return loaded;
}

void ProfileCache::keep(const std::string &run, const StepChoice &steps,
                        const LoadedProfile &loaded) const {
  const std::string path = pathOf(run, steps);
  if (path.empty()) return;
  std::error_code failure;
  std::filesystem::create_directories(folder_, failure);
  const std::string half = fmt::format("{}.{}", path, getpid());
  std::ofstream file(half, std::ios::binary | std::ios::trunc);
  file << packProfile(loaded);
  file.close();
  if (file) std::filesystem::rename(half, path, failure);
  if (!file || failure) std::filesystem::remove(half, failure);
}

} // namespace hotloop::cli
