#include "cli/gate/run_history.h"

#include "cli/gate/history_metric.h"
#include "cli/gate/subprocess.h"

namespace hotloop::cli {

HistoryEntry historyEntry(const RunProfile &profile, const std::string &file,
                          const std::string &commit) {
  HistoryEntry entry;
  entry.start = profile.startRealtime;
  entry.file = file;
  entry.command = profile.command;
  entry.commit = commit;
  entry.deviceClass = profile.fingerprint.deviceClass;
  entry.steps = static_cast<std::int64_t>(profile.durations.size());
  std::vector<std::string> metrics = profile.counted;
  metrics.insert(metrics.end(), {"step.body", "step.p90"});
  for (const std::string &metric : metrics)
    if (const auto value = metricOf(profile, metric)) entry.values[metric] = *value;
  return entry;
}

Result<void> rememberRun(const CommandContext &context, const RunProfile &profile,
                         const std::string &file) {
  const std::string db = context.arguments.text("db");
  if (db.empty() || profile.durations.empty()) return {};
  return addToHistory(db, {historyEntry(profile, file, gitLine({"rev-parse", "HEAD"}))});
}

} // namespace hotloop::cli
