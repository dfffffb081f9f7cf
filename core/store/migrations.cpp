#include "core/store/migrations.h"

#include <algorithm>

namespace hotloop {

std::span<const Migration> migrations() { return {}; }

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
