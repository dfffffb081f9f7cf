#include "analyzers/gate/baseline.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "analyzers/steps/lanes.h"

namespace hotloop {

namespace {

using Key = std::tuple<std::string, SeriesLevel, std::string, std::string, std::string>;

struct Gathered {
  std::vector<std::vector<std::int64_t>> runs;
  std::vector<std::uint32_t> lines;
  std::string op;
};

std::string named(const std::string &value) { return value.empty() ? "none" : value; }

} // namespace

std::vector<std::string> countDifferences(const Fingerprint &base, const Fingerprint &now,
                                          std::vector<std::string> *also) {
  std::vector<std::string> differences;
  const auto compare = [&](const char *what, const std::string &a, const std::string &b,
                           std::vector<std::string> *into) {
    if (a != b && into != nullptr)
      into->push_back(fmt::format("{}: {} before, {} now", what, named(a), named(b)));
  };
  compare("device class", base.deviceClass, now.deviceClass, &differences);
  compare("launches and syncs", base.felt, now.felt, &differences);
  compare("source of the steps", base.stepSource, now.stepSource, &differences);
  compare("source of the run", base.source, now.source, &differences);
  compare("recording of operators", base.attachment, now.attachment, &differences);
  compare("torch", base.torch, now.torch, &differences);
  compare("device", base.device, now.device, also);
  compare("CUDA", base.cuda, now.cuda, also);
  compare("driver", base.driver, now.driver, also);
  compare("Python", base.python, now.python, also);
  compare("processor", base.cpuModel, now.cpuModel, also);
  return differences;
}

Result<Baseline> learnBaseline(const std::vector<RunProfile> &runs) {
  if (runs.empty())
    return Unexpected(nothingMeasured("a baseline needs at least one run to learn from"));
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].durations.empty())
      return Unexpected(nothingMeasured(
          fmt::format("run {} of {} has no steady steps, so there is nothing to learn: {}", i + 1,
                      runs.size(), runs[i].whyNone.empty() ? "none were found" : runs[i].whyNone)));
    const auto differences = countDifferences(runs[0].fingerprint, runs[i].fingerprint);
    if (!differences.empty())
      return Unexpected(nothingMeasured(fmt::format(
          "run {} of {} cannot be learned together with the first ({}); save a baseline "
          "of each kind",
          i + 1, runs.size(), fmt::join(differences, "; "))));
  }
  Baseline baseline;
  baseline.fingerprint = runs[0].fingerprint;
  baseline.command = runs[0].command;
  baseline.commit = runs[0].commit;
  baseline.runs = static_cast<std::int64_t>(runs.size());
  baseline.counted = runs[0].counted;
  std::vector<double> durations;
  std::map<Key, Gathered> gathered;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    baseline.steps += static_cast<std::int64_t>(runs[i].durations.size());
    for (const std::int64_t ns : runs[i].durations) durations.push_back(static_cast<double>(ns));
    // What one run could not count was not zero there.
    std::erase_if(baseline.counted, [&](const std::string &c) { return !runs[i].counts(c); });
    for (const CounterSeries &series : runs[i].series) {
      Gathered &cell =
          gathered[{series.counter, series.level, series.phase, series.file, series.function}];
      cell.runs.resize(runs.size());
      cell.runs[i] = series.values;
      double most = 0;
      for (const SeriesLine &line : series.lines) {
        if (std::ranges::find(cell.lines, line.line) == cell.lines.end())
          cell.lines.push_back(line.line);
        if (line.perStep > most) {
          most = line.perStep;
          cell.op = line.op;
        }
      }
    }
  }
  for (auto &[key, cell] : gathered) {
    BaselineCounter counter;
    std::tie(counter.counter, counter.level, counter.phase, counter.file, counter.function) = key;
    if (std::ranges::find(baseline.counted, counter.counter) == baseline.counted.end()) continue;
    for (std::size_t i = 0; i < runs.size(); ++i)
      if (cell.runs[i].empty()) cell.runs[i].resize(runs[i].durations.size());
    counter.learned = learnValues(cell.runs);
    std::ranges::sort(cell.lines);
    counter.lines = std::move(cell.lines);
    counter.op = std::move(cell.op);
    baseline.counters.push_back(std::move(counter));
  }
  baseline.stepP90Ms = quantileInPlace(durations, 0.9) * 1e-6;
  baseline.stepMedianMs = medianInPlace(durations) * 1e-6;
  return baseline;
}

} // namespace hotloop
