#include "core/export/run_entities.h"

#include <charconv>

#include "core/trace/meta_keys.h"

namespace hotloop {

namespace {

constexpr std::int64_t kMostIds = 100'000'000;

// The row of an id, made where it is new.
template <class Row> Row *place(std::vector<Row> &rows, std::int64_t id, bool &damaged) {
  if (id < 0 || id > kMostIds) {
    damaged = true;
    return nullptr;
  }
  if (rows.size() <= static_cast<std::size_t>(id)) rows.resize(static_cast<std::size_t>(id) + 1);
  return &rows[static_cast<std::size_t>(id)];
}

} // namespace

std::string_view RunEntities::text(std::int64_t id) const { return at(strings, id); }

std::int64_t RunEntities::metaNumber(std::string_view key) const {
  std::int64_t number = 0;
  const auto found = meta.find(std::string(key));
  if (found != meta.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), number);
  return number;
}

std::int64_t RunEntities::realtimeBase() const {
  const std::int64_t realtime = metaNumber(meta_key::kStartRealtime);
  return realtime == 0 ? 0 : realtime - metaNumber(meta_key::kStartMonotonic);
}

Result<RunEntities> RunEntities::read(Database &database) {
  RunEntities run;
  run.strings.resize(1);
  run.processes.resize(1);
  run.threads.resize(1);
  run.devices.resize(1);
  run.streams.resize(1);
  bool damaged = false;
  using Row = Database::Row;
  HOTLOOP_TRY(database.forEach("SELECT key, value FROM meta", [&](const Row &row) {
    run.meta[std::string(row.text(0))] = row.text(1);
  }));
  HOTLOOP_TRY(database.forEach("SELECT id, text FROM string", [&](const Row &row) {
    if (auto *text = place(run.strings, row.integer(0), damaged)) *text = row.text(1);
  }));
  HOTLOOP_TRY(database.forEach("SELECT id, os_pid, rank, name FROM process", [&](const Row &row) {
    if (auto *process = place(run.processes, row.integer(0), damaged))
      *process = {row.integer(1), row.integer(2), std::string(run.text(row.integer(3)))};
  }));
  HOTLOOP_TRY(database.forEach("SELECT id, process, os_tid, name FROM thread", [&](const Row &row) {
    if (auto *thread = place(run.threads, row.integer(0), damaged))
      *thread = {static_cast<std::uint32_t>(row.integer(1)), row.integer(2),
                 std::string(run.text(row.integer(3)))};
  }));
  HOTLOOP_TRY(database.forEach("SELECT id, ordinal, name, compute_major, compute_minor,"
                               " multiprocessors, memory FROM device",
                               [&](const Row &row) {
                                 if (auto *device = place(run.devices, row.integer(0), damaged))
                                   *device = {row.integer(1), std::string(run.text(row.integer(2))),
                                              row.integer(3), row.integer(4),
                                              row.integer(5), row.integer(6)};
                               }));
  HOTLOOP_TRY(database.forEach(
      "SELECT id, process, device, context, cuda_stream FROM stream", [&](const Row &row) {
        if (auto *stream = place(run.streams, row.integer(0), damaged))
          *stream = {static_cast<std::uint32_t>(row.integer(1)),
                     static_cast<std::uint32_t>(row.integer(2)), row.integer(3), row.integer(4)};
      }));
  if (damaged) return Unexpected(corrupt("the run has ids that no recorder gives out"));
  return run;
}

} // namespace hotloop
