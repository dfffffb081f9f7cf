#pragma once

#include <string>
#include <vector>

#include "analyzers/compare/compare.h"
#include "analyzers/gate/grouping.h"
#include "analyzers/gate/run_profile.h"
#include "core/report/number_format.h"
#include "core/report/style.h"

namespace hotloop::cli {

// One configuration of a sweep with its runs, one per round.
struct SweepEntry {
  std::string name; // "tf32=1 graphs=on"
  std::string command;
  std::vector<RunProfile> runs;
  std::string failure; // why it has no runs; else empty
};

struct SweepReport {
  std::vector<SweepEntry> entries;
  Grouping grouping;                // over the entries that ran, by `ran`
  std::vector<std::size_t> ran;     // indices into entries
  TimeComparison bestTwo;           // first of the fastest group against the first of the next one
  std::string comparedA, comparedB; // their names; empty when there is one group
  std::vector<std::string> notes;
  TimeUnit unit = TimeUnit::kMilliseconds; // for people
};
SweepReport makeSweepReport(std::vector<SweepEntry> entries);

std::string sweepText(const SweepReport &report, const Style &style, std::size_t width);
std::string sweepMarkdown(const SweepReport &report);
std::string sweepCsv(const SweepReport &report);
std::string sweepJson(const SweepReport &report); // hotloop.sweep/1

} // namespace hotloop::cli
