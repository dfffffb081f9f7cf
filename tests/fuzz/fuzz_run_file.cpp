// Damaged and hostile run files: loadRun, summarizeRun and Database must answer with a run or a
// sentence.

#include <sqlite3.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "core/store/database.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "core/store/schema.h"
#include "core/trace/table_rows.h"
#include "tests/fuzz/fuzz_driver.h"
#include "tests/fuzz/plain_sqlite.h"
#include "tests/support/make_run.h"

namespace hotloop::fuzz {

namespace {

using test_support::Random;

std::string readAll(const std::string &path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::string bytes(file ? static_cast<std::size_t>(file.tellg()) : 0, '\0');
  file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

void writeAll(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// Small pages make a small file, in which a random byte is more likely to matter.
void executeSql(const std::string &path, const std::string &sql) {
  sqlite3 *db = nullptr;
  if (sqlite3_open(path.c_str(), &db) == SQLITE_OK)
    sqlite3_exec(db, ("PRAGMA synchronous=OFF;" + sql).c_str(), nullptr, nullptr, nullptr);
  sqlite3_close(db);
}

void flipBytes(std::string &bytes, Random &random) {
  // The header and the schema are a small part of the file but decide how the rest is read.
  const std::size_t range =
      random.below(3) == 0 ? std::min<std::size_t>(bytes.size(), 4'096) : bytes.size();
  for (std::uint64_t i = 1 + random.below(32); i > 0; --i)
    bytes[random.below(range)] = static_cast<char>(random.next());
}

void moveBlock(std::string &bytes, Random &random) {
  const std::size_t length = 1 + random.below(2'048);
  const std::size_t from = random.below(bytes.size());
  const std::size_t to = random.below(bytes.size());
  const std::string block = bytes.substr(from, length);
  bytes.replace(to, block.size(), block);
}

void fillBlock(std::string &bytes, Random &random) {
  const std::size_t at = random.below(bytes.size());
  const std::size_t length = std::min<std::size_t>(1 + random.below(1'024), bytes.size() - at);
  const char fill = random.below(2) == 0 ? '\0' : '\xff';
  bytes.replace(at, length, length, fill);
}

void damage(std::string &bytes, Random &random) {
  if (bytes.empty()) return;
  switch (random.below(6)) {
  case 0: bytes.resize(random.below(bytes.size())); break;
  case 1: moveBlock(bytes, random); break;
  case 2: fillBlock(bytes, random); break;
  default: flipBytes(bytes, random); break;
  }
}

// A statement that a hostile or careless program could have run on the file.
std::string hostileSql(Random &random) {
  const auto &tables = schemaTables();
  const TableSql &table = tables[random.below(tables.size())];
  const TableSql &other = tables[random.below(tables.size())];
  const ColumnSql &column = table.columns[random.below(table.columns.size())];
  constexpr const char *kValues[] = {"-1",
                                     "0",
                                     "1",
                                     "255",
                                     "65536",
                                     "4294967295",
                                     "4294967296",
                                     "9223372036854775807",
                                     "-9223372036854775808",
                                     "'text'",
                                     "NULL",
                                     "1e308",
                                     "x'00'",
                                     "rowid",
                                     "rowid + 1",
                                     "random()"};
  const std::string value = kValues[random.below(std::size(kValues))];
  const std::string where =
      random.below(2) == 0 ? "" : " WHERE rowid % " + std::to_string(2 + random.below(9)) + " = 0";
  switch (random.below(9)) {
  case 0: return "DROP TABLE \"" + table.name + "\"";
  case 1: return "ALTER TABLE \"" + table.name + "\" RENAME COLUMN \"" + column.name + "\" TO z";
  case 2: return "DELETE FROM \"" + table.name + "\"" + where;
  case 3:
    return "DROP TABLE \"" + table.name + "\"; CREATE VIEW \"" + table.name +
           "\" AS SELECT * FROM \"" + other.name + "\"";
  case 4:
    return "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = replace(sql, 'INTEGER', '" +
           std::string(random.below(2) == 0 ? "TEXT" : "BLOB") + "') WHERE name = '" + table.name +
           "'";
  case 5:
    return "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET rootpage = " +
           std::to_string(random.below(60)) + " WHERE name = '" + table.name + "'";
  default:
    return "UPDATE OR REPLACE \"" + table.name + "\" SET \"" + column.name + "\" = " + value +
           where;
  }
}

// Does every reference of a loaded run stay inside it?
std::string checkReferences(const TraceView &run) {
  std::string complaint;
  AllTables::forEach([&]<class Table>() {
    const auto &columns = run->columns<Table>();
    Table::template columns<Column>([&](auto member, const ColumnInfo &info) {
      const auto &column = columns.*member;
      using Cell = typename std::decay_t<decltype(column)>::value_type;
      if (column.size() != rowCount<Table>(columns)) complaint = "columns of unequal length";
      std::size_t limit = ~std::size_t{0};
      if constexpr (std::is_same_v<Cell, StringId>) limit = run->strings.size() - 1;
      if constexpr (std::is_same_v<Cell, ThreadId>) limit = run->threads.id.size();
      if constexpr (std::is_same_v<Cell, FrameId>) limit = run->frames.id.size();
      if constexpr (std::is_same_v<Cell, StackId>) limit = run->stacks.id.size();
      if constexpr (std::is_same_v<Cell, StreamId>) limit = run->streams.id.size();
      if constexpr (requires(Cell cell) { cell.value; }) {
        for (const Cell &cell : column)
          if (cell.value > limit)
            complaint = "dangling " + std::string(Table::kInfo.name) + "." + std::string(info.name);
      }
    });
  });
  for (std::size_t i = 0; i < run->stacks.id.size(); ++i) {
    std::size_t depth = 0;
    for (StackId node(static_cast<std::uint32_t>(i + 1)); node;
         node = run->stacks.parent[node.value - 1])
      if (++depth > run->stacks.id.size()) return "a cycle of stacks";
  }
  return complaint;
}

class RunFileTarget final : public Target {
public:
  RunFileTarget() {
    std::string name = std::filesystem::temp_directory_path() / "hotloop_fuzz_XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    for (const bool device : {false, true}) makeBase(device);
  }
  ~RunFileTarget() override { std::filesystem::remove_all(folder_); }

  std::string run(Random &random) override {
    const std::string path = folder_ / "run.hotloop";
    for (const char *suffix : {"-wal", "-shm", "-journal"}) std::filesystem::remove(path + suffix);
    std::string bytes = bases_[random.below(bases_.size())];
    if (random.below(3) == 0) {
      writeAll(path, bytes);
      for (std::uint64_t i = 1 + random.below(3); i > 0; --i) executeSql(path, hostileSql(random));
    } else {
      damage(bytes, random);
      writeAll(path, bytes);
    }
    if (random.below(8) == 0) {
      std::string wal = wal_;
      damage(wal, random);
      writeAll(path + "-wal", wal);
    }
    return read(path, random.below(2) == 0);
  }

private:
  void makeBase(bool device) {
    const std::string path = folder_ / "base.hotloop";
    RunWriterOptions writerOptions;
    writerOptions.overwrite = true;
    auto writer = RunWriter::create(path, writerOptions);
    test_support::MakeRunOptions options;
    options.events = 200;
    options.device = device;
    options.graph = device;
    if (!writer || !test_support::makeRun(**writer, options)) std::abort();
    if (!device) wal_ = readAll(path + "-wal");
    if (!(*writer)->finalise(RunState::kClean)) std::abort();
    bases_.push_back(readAll(path));
    executeSql(path, "PRAGMA page_size=512; VACUUM");
    bases_.push_back(readAll(path));
  }

  // Opening a file costs more than all that is done to it, so an input is read whole and in one of
  // the other two ways.
  static std::string read(const std::string &path, bool asSummary) {
    if (asSummary) {
      auto summary = summarizeRun(path);
      if (!summary && summary.error().message.empty()) return "an error without a sentence";
    } else if (auto database = Database::open(path)) {
      static_cast<void>(database->query("SELECT * FROM NVTX_EVENTS", 1'000));
    }
    auto run = loadRun(path);
    if (run) return checkReferences(*run);
    return run.error().message.empty() ? "an error without a sentence" : "";
  }

  std::filesystem::path folder_;
  std::vector<std::string> bases_;
  std::string wal_;
};

} // namespace

std::unique_ptr<Target> makeTarget() {
  usePlainSqlite();
  return std::make_unique<RunFileTarget>();
}

} // namespace hotloop::fuzz
