#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/store/sqlite_handle.h"

namespace hotloop {

// Reads rows of a rowid table from the pages of the file (sqlite.org/fileformat.html), several
// times as fast as SQLite steps over rows. Pages come through the VFS of a connection that is in a
// read transaction, so its lock keeps them as they are.
//
// It knows what run files hold: tables with rowids, rows that lie whole on a page. For everything
// else (WAL, overflow pages, other types, missing columns, damage) it stops before the row in
// question and SQLite goes on from there: what is odd is always SQLite's to judge.
class RecordScan {
public:
  static constexpr std::size_t kMostColumns = 24; // asked for, with the rowid
  static constexpr std::size_t kMostPlaces = 64;  // of a table

  enum class Kind : std::uint8_t { kNull, kInteger, kReal, kText };
  // Of columns that hold no integers; all others do, or NULL.
  struct Types {
    std::uint32_t texts = 0, reals = 0; // bit i: columns[i] may hold such, too
  };

  // None when the file is not of the known kind, or lacks the table or a column. The connection
  // outlives it.
  static std::optional<RecordScan> open(sqlite3 *connection, std::string_view table,
                                        std::span<const std::string_view> columns,
                                        Types types = {0, 0});

  enum class End { kDone, kStopped, kUnknown };
  using Visit = std::function<bool(const std::int64_t *values)>;
  // Calls visit(values) for the rows of [first, last] by rowid; values[0] is the rowid. kStopped:
  // visit gave false. kUnknown: rows from `next` on are for SQLite.
  End read(std::int64_t first, std::int64_t last, std::int64_t &next, const Visit &visit);
  // Of the row at hand, as visit's values: what each is (a real's value is its bits), and texts,
  // valid until the next row.
  const Kind *kinds() const { return kinds_.data(); }
  const std::string_view *texts() const { return texts_.data(); }

private:
  static constexpr std::size_t kMostDepth = 12;

  RecordScan() = default;
  // False: something that only SQLite knows, or visit gave false.
  bool walk(std::uint32_t number, std::size_t depth, const Visit &visit);
  bool walkInterior(const unsigned char *page, std::size_t depth, const Visit &visit);
  bool walkLeaf(const unsigned char *page, const Visit &visit);
  bool decode(const unsigned char *record, const unsigned char *end);
  bool decodeOther(std::size_t into, std::uint64_t kind, const unsigned char *value,
                   std::uint64_t bytes);
  void integersToReals();

  sqlite3_file *file_ = nullptr;
  std::size_t pageBytes_ = 0, usable_ = 0;
  std::uint32_t root_ = 0, pageCount_ = 0, pagesLeft_ = 0;
  std::int64_t first_ = 0, last_ = 0, next_ = 0;
  bool stopped_ = false;
  std::array<std::int8_t, kMostPlaces> wanted_{}; // by place in the record: index of values_, or -1
  std::size_t places_ = 0;                        // that are looked at
  std::size_t rowidPlace_ = kMostPlaces;          // of the column that is the rowid by another name
  Types types_;                                   // bits by index of values_
  std::uint32_t realColumns_ = 0;                 // whose integers SQLite gives as reals
  std::array<std::int64_t, kMostColumns> values_{};
  std::array<Kind, kMostColumns> kinds_{};
  std::array<std::string_view, kMostColumns> texts_{};
  std::array<std::vector<unsigned char>, kMostDepth> pages_; // of the way down
};

} // namespace hotloop
