// How fast operators go from a full ring into the run file, against a bare SQLite loop that inserts
// rows of the same columns: pairs, one after the other, on one thread.
#include <sqlite3.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "collectors/inject/record_decoder.h"
#include "core/ring/region_reader.h"
#include "core/ring/region_writer.h"
#include "core/store/run_writer.h"
#include "tests/bench/record/paired.h"

namespace hotloop {
namespace {

constexpr int kRows = 300'000;
constexpr int kPairs = 7;
constexpr int kNames = 40;

void fail(const std::string &why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

class Folder {
public:
  Folder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "hotloop-bench-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) fail("no temporary folder");
    path = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

template <class Record>
void put(ring::RegionWriter &region, ring::ChunkCursor &cursor, std::uint32_t &sequence,
         Record record, ring::RecordType type, std::string_view tail = {}) {
  const std::size_t bytes = (sizeof record + tail.size() + 7) / 8 * 8;
  std::byte *room = cursor.reserve(bytes);
  if (!room) {
    cursor.seal();
    ring::ChunkHeader *chunk = region.claim(1, 1, sequence++);
    if (!chunk) fail("the ring is full");
    cursor.start(chunk, region.payload(chunk));
    room = cursor.reserve(bytes);
  }
  record.header = {type, static_cast<std::uint16_t>(bytes)};
  std::memcpy(room, &record, sizeof record);
  std::memcpy(room + sizeof record, tail.data(), tail.size());
  cursor.commit(bytes);
}

void fillRing(ring::RegionWriter &region) {
  ring::ChunkCursor cursor;
  std::uint32_t sequence = 0;
  for (std::uint32_t i = 1; i <= kNames; ++i) {
    const std::string name = "aten::operator_" + std::to_string(i);
    put(region, cursor, sequence,
        ring::StringRecord{{}, i, static_cast<std::uint32_t>(name.size())},
        ring::RecordType::kString, name);
  }
  for (int i = 0; i < kRows; ++i) {
    ring::OpRecord op{};
    op.name = static_cast<std::uint32_t>(i % kNames) + 1;
    op.start = 1'000'000u + static_cast<std::uint64_t>(i) * 3000;
    op.end = op.start + 2000;
    op.sequence = i;
    op.depth = static_cast<std::uint16_t>(i % 4);
    put(region, cursor, sequence, op, ring::RecordType::kOp);
  }
}

double hotloopSeconds(const Folder &folder) {
  ring::RegionSpec spec;
  spec.folder = folder.path.c_str();
  spec.pid = 1;
  spec.clock = ring::ClockKind::kTicks;
  ring::RegionWriter region;
  if (region.create(spec) != 0) fail("no region");
  fillRing(region);
  auto reader = ring::RegionReader::open(folder.path + "/1-0.ring");
  RunWriterOptions options;
  options.overwrite = true;
  auto writer = RunWriter::create(folder.path + "/run.hotloop", options);
  if (!reader || !writer) fail("cannot open");
  ClockMap clocks(ClockReading{0, 0});
  clocks.update({2'000'000'000, 1'000'000'000});
  CallSites callSites(**writer);
  DecodeContext context{**writer, clocks, callSites};
  RecordDecoder decoder(context, ProcessId(1), (*reader)->info());

  const double start = bench::threadSeconds();
  (*reader)->drain(decoder);
  if (!(*writer)->commit()) fail("commit failed");
  const double seconds = bench::threadSeconds() - start;
  if (context.events != kRows) fail("rows are missing");
  region.unmap();
  std::filesystem::remove(folder.path + "/1-0.ring");
  static_cast<void>((*writer)->finalise(RunState::kClean));
  return seconds;
}

double bareSeconds(const Folder &folder) {
  const std::string path = folder.path + "/bare.db";
  std::filesystem::remove(path);
  sqlite3 *db = nullptr;
  sqlite3_stmt *insert = nullptr;
  if (sqlite3_open_v2(path.c_str(), &db,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                      nullptr) != SQLITE_OK ||
      sqlite3_exec(
          db,
          "PRAGMA page_size=16384;PRAGMA journal_mode=WAL;PRAGMA synchronous=OFF;"
          "PRAGMA cache_size=-8192;PRAGMA temp_store=MEMORY;"
          "CREATE TABLE op(start INTEGER NOT NULL, duration INTEGER NOT NULL, lane INTEGER "
          "NOT NULL, name INTEGER NOT NULL, scope INTEGER NOT NULL, depth INTEGER NOT NULL, "
          "sequence INTEGER NOT NULL, forward_thread INTEGER NOT NULL, location INTEGER NOT "
          "NULL, stack INTEGER NOT NULL) STRICT",
          nullptr, nullptr, nullptr) != SQLITE_OK ||
      sqlite3_prepare_v2(db, "INSERT INTO op VALUES (?,?,?,?,?,?,?,?,?,?)", -1, &insert, nullptr) !=
          SQLITE_OK)
    fail(sqlite3_errmsg(db));
  const double start = bench::threadSeconds();
  for (int i = 0; i < kRows; ++i) {
    if (i % 20'000 == 0) sqlite3_exec(db, "BEGIN", nullptr, nullptr, nullptr);
    const sqlite3_int64 values[10] = {
        500'000 + i * 1500LL, 1000, 1, i % kNames + 1, 0, i % 4, i, 0, 0, 0};
    for (int column = 0; column < 10; ++column)
      sqlite3_bind_int64(insert, column + 1, values[column]);
    sqlite3_step(insert);
    sqlite3_reset(insert);
    if (i % 20'000 == 19'999) sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr);
  }
  const double seconds = bench::threadSeconds() - start;
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return seconds;
}

} // namespace
} // namespace hotloop

int main() {
  using namespace hotloop;
  const Folder folder;
  std::vector<double> ours, bare, ratio;
  for (int pair = 0; pair < kPairs; ++pair) {
    const bool first = pair % 2 == 0; // who begins alternates
    double mine = first ? hotloopSeconds(folder) : 0;
    const double theirs = bareSeconds(folder);
    if (!first) mine = hotloopSeconds(folder);
    ours.push_back(kRows / mine * 1e-6);
    bare.push_back(kRows / theirs * 1e-6);
    ratio.push_back(theirs / mine);
  }
  bench::print("ring to last commit", "M rows/s", ours);
  bench::print("bare SQLite loop, same columns", "M rows/s", bare);
  bench::print("ratio (goal >= 0.80)", "", ratio);
  return 0;
}
