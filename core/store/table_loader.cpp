#include "core/store/table_loader.h"

#include <algorithm>

namespace hotloop {

Result<std::uint64_t> expectedRows(const LoadContext &context, const TableSql &table) {
  HOTLOOP_ASSIGN(const std::int64_t last,
                 queryInteger(context.connection,
                              "SELECT max(rowid) FROM main." + quotedName(table.name),
                              context.path));
  // A row takes a byte per column, its header as much again.
  const std::uint64_t most = context.fileBytes / (2 * table.columns.size());
  return std::min<std::uint64_t>(most, last > 0 ? static_cast<std::uint64_t>(last) : 0);
}

} // namespace hotloop
