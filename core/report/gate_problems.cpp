#include <algorithm>
#include <cstdint>
#include <map>

#include <fmt/format.h>

#include "core/report/gate_writers.h"

namespace hotloop {

namespace {

// FNV-1a: short, and the same on every machine.
std::uint64_t hashOf(const std::string &text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3u;
  }
  return hash;
}

bool isProblem(const GateRow &row) {
  return row.status == GateStatus::kFail || row.status == GateStatus::kError ||
         row.status == GateStatus::kWarn || row.status == GateStatus::kInconclusive;
}

} // namespace

std::string gateFingerprint(const GateRow &row) {
  const std::string key = row.verdict + "\n" + row.counter + "\n" + row.phase + "\n" +
                          row.site.file + "\n" + row.site.function + "\n" +
                          (row.level == "run" ? row.message : std::string()) +
                          (row.kernel.empty() ? std::string() : "\n" + row.kernel);
  return fmt::format("{:016x}", hashOf(key));
}

std::vector<const GateRow *> gateProblems(const GateReport &report) {
  // A sum that names a place which has a row of its own would tell the same cause twice.
  std::map<std::string, bool> bySite;
  for (const GateRow &row : report.rows)
    if (row.level == "site" && isProblem(row)) bySite[row.counter] = true;
  std::vector<const GateRow *> problems;
  for (const GateRow &row : report.rows) {
    if (!isProblem(row)) continue;
    if ((row.level == "step" || row.level == "phase") && bySite.contains(row.counter)) continue;
    if (row.level == "phase")
      if (std::ranges::any_of(report.rows, [&](const GateRow &other) {
            return other.level == "step" && other.counter == row.counter && isProblem(other);
          }))
        continue;
    problems.push_back(&row);
  }
  std::ranges::stable_sort(problems, [](const GateRow *a, const GateRow *b) {
    if (a->status != b->status) return a->status > b->status;
    const bool placedA = !a->site.file.empty(), placedB = !b->site.file.empty();
    if (a->verdict != b->verdict) return a->verdict < b->verdict;
    return placedA && !placedB;
  });
  return problems;
}

} // namespace hotloop
