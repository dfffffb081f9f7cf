#include "core/store/migrations.h"

#include <algorithm>

namespace hotloop {

namespace {

// 2: what CUDA and CUPTI spend beside the program's work.
Result<void> addOverhead(sqlite3 *connection, const std::string &path) {
  return execute(connection,
                 "CREATE TABLE overhead (start INTEGER NOT NULL, duration INTEGER NOT NULL, "
                 "lane INTEGER NOT NULL, name INTEGER NOT NULL, kind INTEGER NOT NULL, "
                 "correlation INTEGER NOT NULL) STRICT",
                 path);
}

constexpr Migration kMigrations[] = {{1, addOverhead}};

} // namespace

std::span<const Migration> migrations() { return kMigrations; }

Result<void> migrate(sqlite3 *connection, const std::string &path, int version, int target,
                     std::span<const Migration> steps) {
  HOTLOOP_TRY(execute(connection, "BEGIN IMMEDIATE", path));
  for (; version < target; ++version) {
    const auto step = std::ranges::find(steps, version, &Migration::from);
    if (step == steps.end())
      return Unexpected(unsupported(path + ": has format " + std::to_string(version) +
                                    ", which this hotloop cannot convert to format " +
                                    std::to_string(target) + "; record it again"));
    HOTLOOP_TRY(step->apply(connection, path));
  }
  return execute(connection, "PRAGMA user_version=" + std::to_string(target) + ";COMMIT", path);
}

} // namespace hotloop
