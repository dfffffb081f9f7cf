#include "core/store/run_state.h"

#include <cstdlib>

#include "core/store/process_identity.h"
#include "core/trace/meta_keys.h"

namespace hotloop {

namespace {

Result<std::string> readMeta(sqlite3 *connection, std::string_view key, const std::string &path) {
  return queryText(connection, "SELECT value FROM main.meta WHERE key = '" + std::string(key) + "'",
                   path);
}

} // namespace

Result<std::string> readRunState(sqlite3 *connection, const std::string &path) {
  HOTLOOP_ASSIGN(std::string state, readMeta(connection, meta_key::kState, path));
  if (state != "running") return state;
  HOTLOOP_ASSIGN(const std::string pid, readMeta(connection, meta_key::kRecorderPid, path));
  ProcessIdentity writer;
  writer.pid = std::strtoll(pid.c_str(), nullptr, 10);
  HOTLOOP_ASSIGN(writer.startTicks, readMeta(connection, meta_key::kRecorderStart, path));
  HOTLOOP_ASSIGN(writer.bootId, readMeta(connection, meta_key::kBootId, path));
  return std::string(isAlive(writer) ? "running" : "truncated");
}

} // namespace hotloop
