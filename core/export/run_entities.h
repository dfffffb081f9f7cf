#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/store/database.h"

namespace hotloop {

// What events of a run file refer to, in memory, by id; for exporters, which read events one by
// one. Its size follows the number of names, not that of events.
class RunEntities {
public:
  struct Process {
    std::int64_t osPid = 0;
    std::int64_t rank = -1;
    std::string name;
  };
  struct Thread {
    std::uint32_t process = 0;
    std::int64_t osTid = 0;
    std::string name;
  };
  struct Device {
    std::int64_t ordinal = 0;
    std::string name;
    std::int64_t computeMajor = 0, computeMinor = 0, multiprocessors = 0, memory = 0;
  };
  struct Stream {
    std::uint32_t process = 0;
    std::uint32_t device = 0;
    std::int64_t context = 0, cudaStream = 0;
  };

  // Index 0 of each is an empty row.
  std::vector<std::string> strings;
  std::vector<Process> processes;
  std::vector<Thread> threads;
  std::vector<Device> devices;
  std::vector<Stream> streams;
  std::unordered_map<std::string, std::string> meta;

  // A row of zeros for an id that is not there.
  std::string_view text(std::int64_t id) const;
  const Process &process(std::int64_t id) const { return at(processes, id); }
  const Thread &thread(std::int64_t id) const { return at(threads, id); }
  const Device &device(std::int64_t id) const { return at(devices, id); }
  const Stream &stream(std::int64_t id) const { return at(streams, id); }
  std::int64_t metaNumber(std::string_view key) const;
  // Nanoseconds since 1970 of the run's clock at 0; 0 when it is not known.
  std::int64_t realtimeBase() const;

  // Errors: those of the database, ids so large that the file must be damaged.
  static Result<RunEntities> read(Database &database);

private:
  template <class Row> static const Row &at(const std::vector<Row> &rows, std::int64_t id) {
    return rows[id > 0 && static_cast<std::size_t>(id) < rows.size() ? static_cast<std::size_t>(id)
                                                                     : 0];
  }
};

} // namespace hotloop
