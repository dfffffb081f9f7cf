#include "core/store/table_loader.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

namespace hotloop {

Error readingStopped(const std::string &path) {
  return Error{ErrorKind::kBusy, path + ": reading was stopped"};
}

Result<std::uint64_t> expectedRows(const LoadContext &context, const TableSql &table) {
  HOTLOOP_ASSIGN(const std::int64_t last,
                 queryInteger(context.connection,
                              "SELECT max(rowid) FROM main." + quotedName(table.name),
                              context.path));
  // A row takes a byte per column, its header as much again.
  const std::uint64_t most = context.fileBytes / (2 * table.columns.size());
  return std::min<std::uint64_t>(most, last > 0 ? static_cast<std::uint64_t>(last) : 0);
}

Result<std::optional<std::int64_t>> scanRecords(const LoadContext &context, const TableSql &table,
                                                const RecordVisit &visit) {
  constexpr std::uint32_t kRowsBetweenLooks = 4096;
  std::int64_t next = std::numeric_limits<std::int64_t>::min();
  if (!context.onlyReads)
    return std::optional(next); // SQLite may hold pages that the file does not
  std::vector<std::string_view> names;
  RecordScan::Types types;
  for (const ColumnSql &column : table.columns) {
    if (column.type == "REAL") types.reals |= 1u << names.size();
    names.push_back(column.name);
  }
  auto scan = RecordScan::open(context.connection, table.name, names, types);
  if (!scan) return std::optional(next);
  std::uint32_t rows = 0;
  const auto end = scan->read(
      next, std::numeric_limits<std::int64_t>::max(), next, [&](const std::int64_t *values) {
        visit(scan->kinds() + 1, values + 1); // behind the rowid
        return ++rows % kRowsBetweenLooks != 0 || !context.stop.stop_requested();
      });
  if (end == RecordScan::End::kStopped) return Unexpected(readingStopped(context.path));
  if (end == RecordScan::End::kDone) return std::optional<std::int64_t>();
  return std::optional(next);
}

} // namespace hotloop
