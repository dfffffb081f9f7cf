// What `advise` finds on every trace of the shared collection that this build can read: one line
// per finding in advice.txt. Gains themselves are judged in tests/accuracy; here only what is
// found, where, how often, and whether it is worth a change.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "analyzers/analysis.h"
#include "collectors/import/import_trace.h"

namespace hotloop {
namespace {

namespace fs = std::filesystem;

fs::path source() {
  const char *given = std::getenv("HOTLOOP_SOURCE_DIR");
  return given != nullptr ? given : ".";
}

// The test stays quick without the one trace of 200,000 events.
constexpr std::uintmax_t kLargest = 2 << 20;

std::vector<fs::path> traces() {
  std::vector<fs::path> found;
  std::error_code failed;
  for (const char *folder : {"h100", "kineto", "kineto_multirank", "nsys"})
    for (const auto &entry : fs::directory_iterator(source() / "../shared/traces" / folder, failed))
      if (entry.path().extension() == ".gz" && entry.file_size() < kLargest)
        found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

// + finding, ? less than the run resolves, - checked and not worth it
void addLines(std::string &text, char mark, const std::vector<Finding> &findings) {
  // In the order of rules, so that a small change of a gain does not move lines.
  std::multimap<std::string, std::string> lines;
  for (const Finding &finding : findings) {
    std::string line = finding.rule;
    if (!finding.variant.empty()) line += "/" + finding.variant;
    line += fmt::format(" {:.3g} a step, {}", finding.perStep, finding.site.text());
    if (!finding.site.rangePath.empty()) line += " in " + finding.site.rangePath;
    if (!finding.gain.estimate && finding.gain.whyNone.empty()) line += " WITHOUT A REASON";
    lines.emplace(line, line);
  }
  for (const auto &[key, line] : lines) text += fmt::format("  {} {}\n", mark, line);
}

std::string describe(const fs::path &path) {
  std::string text = path.parent_path().filename().string() + "/" + path.filename().string() + "\n";
  const auto trace = importView(path.string());
  if (!trace.has_value()) return text + "  not readable\n";
  const auto analysis = analyze(*trace);
  if (!analysis.has_value()) return text + "  " + analysis.error().message + "\n";
  if (analysis->steps.steady == 0) return text + "  " + analysis->steps.whyNone + "\n";
  text += fmt::format("  {} steady steps; {} rules not checked, {} patterns in few steps only\n",
                      analysis->steps.steady, analysis->notChecked.size(), analysis->seldom.size());
  addLines(text, '+', analysis->findings);
  addLines(text, '?', analysis->unresolved);
  addLines(text, '-', analysis->notWorth);
  return text;
}

TEST(Advice, OnTheSharedTraces) {
  const auto found = traces();
  if (found.empty()) GTEST_SKIP() << "the shared collection of traces is not beside this checkout";
  std::string actual;
  for (const fs::path &path : found) actual += describe(path);
  const fs::path golden = source() / "tests/golden/advice/advice.txt";
  if (std::getenv("HOTLOOP_REBASE") != nullptr) {
    std::ofstream(golden) << actual;
    return;
  }
  std::ifstream file(golden);
  std::stringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(actual, expected.str())
      << golden << ": HOTLOOP_REBASE=1 ctest -L golden writes it anew";
}

} // namespace
} // namespace hotloop
