#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/base/time.h"

namespace hotloop {

// Which events an export takes: those that begin before `to` and end at or after `from`. Ends are
// points of the run's clock; absent ones are open.
struct ExportWindow {
  std::optional<Nanoseconds> from;
  std::optional<Nanoseconds> to;

  // A condition of SQL on columns `start` and `duration` of the table with this alias, or "1".
  std::string condition(const std::string &alias) const;
};

struct ExportOptions {
  ExportWindow window;
  bool overwrite = false;
  // Called now and then with the number of events written; may be empty.
  std::function<void(std::int64_t events)> progress;
};

struct ExportReport {
  std::int64_t events = 0; // rows of event tables written
  std::uint64_t bytes = 0; // of what was written
};

} // namespace hotloop
