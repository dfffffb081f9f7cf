#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace hotloop {

// Reads chosen columns of a run file by ranges of rowid, for readers that do not want whole tables
// in memory (the viewer). Several scans of one file may be read by several threads, each by its
// own; all rows that one scan sees are of one moment.
class ColumnScan {
public:
  // Errors: those of openRunFile().
  static Result<ColumnScan> open(const std::string &path);
  ColumnScan(ColumnScan &&) noexcept;
  ColumnScan &operator=(ColumnScan &&) noexcept;
  ~ColumnScan();

  // State as readRunState() gives it, under "state".
  Result<std::map<std::string, std::string, std::less<>>> meta();
  // Text by id; ids that the file lacks are empty.
  Result<std::vector<std::string>> strings();
  // The largest rowid; 0 of an empty table.
  Result<std::int64_t> lastRow(std::string_view table);
  // Calls visit(values) for each row with first <= rowid <= last, in order of rowid: values[0] is
  // the rowid, then the columns as integers. Stops early when visit gives false.
  using Visit = std::function<bool(const std::int64_t *values)>;
  Result<void> read(std::string_view table, std::span<const std::string_view> columns,
                    std::int64_t first, std::int64_t last, const Visit &visit);

private:
  struct State;
  explicit ColumnScan(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace hotloop
