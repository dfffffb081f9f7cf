#include "cli/import/progress.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/report/json_parts.h"

namespace hotloop::cli {

namespace {

constexpr std::chrono::milliseconds kBetweenUpdates{100};

} // namespace

ImportOptions ImportProgressWriter::options(const std::string &file) {
  ImportOptions options;
  options.progress = [this, file](const ImportProgress &progress) { update(file, progress); };
  return options;
}

void ImportProgressWriter::update(const std::string &file, const ImportProgress &progress) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < kBetweenUpdates) return;
  last_ = now;
  const double fraction = progress.bytesTotal == 0
                              ? 0
                              : std::min(1.0, static_cast<double>(progress.bytesDone) /
                                                  static_cast<double>(progress.bytesTotal));
  if (json_) {
    const nlohmann::ordered_json line = {
        {"event", "progress"},         {"file", file},
        {"bytes", progress.bytesDone}, {"total_bytes", progress.bytesTotal},
        {"events", progress.events},   {"fraction", fraction}};
    *context_.surroundings.err << line.dump(-1, ' ', false,
                                            nlohmann::ordered_json::error_handler_t::replace)
                               << '\n'
                               << std::flush;
    return;
  }
  status_.show(
      progress.bytesTotal == 0
          ? fmt::format("reading {}: {} events", file, progress.events)
          : fmt::format("reading {}: {:.0f} %, {} events", file, 100 * fraction, progress.events));
}

void ImportProgressWriter::say(const std::string &event, const std::string &file,
                               const std::string &text) {
  if (!json_) return;
  const nlohmann::ordered_json line = {
      {"event", event}, {"file", file}, {event == "error" ? "message" : "run", text}};
  *context_.surroundings.err << line.dump(-1, ' ', false,
                                          nlohmann::ordered_json::error_handler_t::replace)
                             << '\n'
                             << std::flush;
}

} // namespace hotloop::cli
