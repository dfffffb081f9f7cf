#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"

namespace hotloop {

class RecordScan;

// Read-only SQL over a run file or any other SQLite file (`hotloop query`, importers). Opens files
// that lie in a read-only folder, and files with a left-over WAL. Not thread-safe.
class Database {
public:
  using Cell = std::variant<std::monostate, std::int64_t, double, std::string>; // NULL first
  struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<Cell>> rows;
    bool cut = false; // more rows existed than maxRows
  };

  // Errors: missing, not an SQLite file, damaged, locked.
  static Result<Database> open(const std::string &path);
  // A run file, brought to this version's format where it is older. Errors: also not a run, newer.
  static Result<Database> openRun(const std::string &path);
  Database(Database &&) noexcept;
  Database &operator=(Database &&) noexcept;
  ~Database();

  // A row at hand; columns count from 0. NULL is 0 and "".
  class Row {
  public:
    bool isNull(int column) const;
    bool isText(int column) const;
    bool isReal(int column) const;
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string_view text(int column) const; // valid until the next row

  private:
    friend class Database;
    explicit Row(void *statement) : statement_(statement) {}
    Row(const RecordScan &scan, const std::int64_t *values, const std::uint8_t *places)
        : scan_(&scan), values_(values), places_(places) {}
    void *statement_ = nullptr;
    const RecordScan *scan_ = nullptr; // or a row from the pages
    const std::int64_t *values_ = nullptr;
    const std::uint8_t *places_ = nullptr; // by column: index of values_; 0: the table lacks it
  };
  // Every row of one statement that only reads, without holding them. Errors: as query().
  Result<void> forEach(std::string_view sql, const std::function<void(const Row &)> &row);
  // A column of a table that is read whole; texts and reals are given as such where it says so.
  struct Column {
    std::string_view name; // "" where the table lacks it: NULL
    enum class Type : std::uint8_t { kInteger, kReal, kText } type = Type::kInteger;
  };
  // Every row of a table of this file, from its pages where they hold what is expected (several
  // times as fast), else by SQLite. Errors: as query().
  Result<void> forEachOf(std::string_view table, const std::vector<Column> &columns,
                         const std::function<void(const Row &)> &row);

  // One statement that only reads. Errors carry SQLite's own message and the place in the
  // statement.
  Result<Table> query(std::string_view sql, std::size_t maxRows = 1'000'000);
  // Makes a query that another thread runs end soon, with an error. The one call that may come from
  // another thread.
  void interrupt();

private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  static Result<Database> prepared(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace hotloop
