#include "analyzers/gate/policy.h"

#include <algorithm>

namespace hotloop {

namespace {

struct CounterNames {
  std::string_view counter, alias, verdict;
};
constexpr CounterNames kCounters[] = {
    {"host_syncs", "syncs", "HG001"},      {"launches", "launches", "HG002"},
    {"graph_launches", "graphs", "HG003"}, {"allocations", "allocs", "HG004"},
    {"allocated_bytes", "bytes", "HG005"}, {"copies", "copies", "HG006"},
    {"h2d_bytes", "bytes.h2d", "HG007"},   {"d2h_bytes", "bytes.d2h", "HG007"},
    {"d2d_bytes", "bytes.d2d", "HG007"},   {"kernels", "kernels", "HG008"},
    {"operators", "operators", "HG009"},   {"peak_bytes", "bytes.peak", "HG012"},
    {"kept_bytes", "bytes.kept", "HG013"}, {"registers", "regs", "HG020"},
    {"spilled_bytes", "spills", "HG020"},
};
struct Verdict {
  std::string_view id, title;
};
constexpr Verdict kVerdicts[] = {
    {"HG001", "new host sync"},
    {"HG002", "more launches"},
    {"HG003", "more graph launches"},
    {"HG004", "new allocation"},
    {"HG005", "more bytes allocated"},
    {"HG006", "more copies"},
    {"HG007", "more bytes copied"},
    {"HG008", "more kernels"},
    {"HG009", "more operators"},
    {"HG010", "slower step"},
    {"HG011", "slower tail of the steps"},
    {"HG012", "higher peak of memory"},
    {"HG013", "memory kept after the step"},
    {"HG020", "over budget"},
    {"HG030", "nothing measured"},
    {"HG031", "no steady steps"},
    {"HG032", "baseline of another world"},
    {"HG033", "no baseline"},
    {"HG034", "counter collapsed"},
    {"HG035", "old baseline"},
    {"HG036", "allow entry expired"},
    {"HG037", "records were lost"},
    {"HG038", "program failed"},
    {"HG039", "counter not measured"},
    {"HG040", "time not decided"},
};

bool matches(std::string_view glob, std::string_view text) {
  if (glob.empty()) return text.empty();
  if (glob.starts_with("**")) {
    std::string_view rest = glob.substr(2);
    // "a/**" also means "a" itself, and "**/a" also "a".
    if (rest.starts_with('/') && matches(rest.substr(1), text)) return true;
    for (std::size_t i = 0; i <= text.size(); ++i)
      if (matches(rest, text.substr(i))) return true;
    return false;
  }
  if (glob == "/**" && text.empty()) return true;
  if (glob[0] == '*') {
    for (std::size_t i = 0;; ++i) {
      if (matches(glob.substr(1), text.substr(i))) return true;
      if (i == text.size() || text[i] == '/') return false;
    }
  }
  if (text.empty()) return false;
  return (glob[0] == '?' || glob[0] == text[0]) && matches(glob.substr(1), text.substr(1));
}

} // namespace

bool globMatches(std::string_view glob, std::string_view text) {
  // Runs of stars beyond two, and too many stars at all, would only take time.
  constexpr std::size_t kMostStars = 16;
  if (static_cast<std::size_t>(std::ranges::count(glob, '*')) > kMostStars) return glob == text;
  return matches(glob, text);
}

bool siteMatches(std::string_view glob, std::string_view file, std::string_view function) {
  const std::size_t colon = glob.rfind(':');
  const std::string_view fileGlob = glob.substr(0, colon);
  if (colon != std::string_view::npos && !globMatches(glob.substr(colon + 1), function))
    return false;
  if (globMatches(fileGlob, file)) return true;
  for (std::size_t slash = file.find('/'); slash != std::string_view::npos;
       slash = file.find('/', slash + 1))
    if (globMatches(fileGlob, file.substr(slash + 1))) return true;
  return false;
}

std::string_view verdictOf(std::string_view counter) {
  for (const CounterNames &names : kCounters)
    if (names.counter == counter) return names.verdict;
  return "HG020";
}

std::string_view verdictTitle(std::string_view id) {
  for (const Verdict &verdict : kVerdicts)
    if (verdict.id == id) return verdict.title;
  return {};
}

std::vector<std::string_view> verdictIds() {
  std::vector<std::string_view> ids;
  for (const Verdict &verdict : kVerdicts) ids.push_back(verdict.id);
  return ids;
}

std::string_view counterOfAlias(std::string_view alias) {
  for (const CounterNames &names : kCounters)
    if (names.alias == alias || names.counter == alias) return names.counter;
  return {};
}

std::vector<std::string_view> counterAliases() {
  std::vector<std::string_view> aliases;
  for (const CounterNames &names : kCounters) aliases.push_back(names.alias);
  return aliases;
}

std::string budgetName(const Budget &budget) {
  return budget.line == 0 ? "--max-regress" : "the budget in line " + std::to_string(budget.line);
}

bool isOfKernels(std::string_view counter) {
  return counter == "registers" || counter == "spilled_bytes";
}

bool isBytesCounter(std::string_view counter) { return counter.ends_with("bytes"); }

std::string counterTitle(std::string_view counter) {
  if (counter == "h2d_bytes") return "H2D bytes";
  if (counter == "d2h_bytes") return "D2H bytes";
  if (counter == "d2d_bytes") return "D2D bytes";
  if (counter == "peak_bytes") return "peak bytes";
  if (counter == "kept_bytes") return "bytes kept after the step";
  if (counter == "registers") return "registers per thread";
  if (counter == "spilled_bytes") return "spilled registers";
  std::string title(counter);
  std::ranges::replace(title, '_', ' ');
  return title;
}

} // namespace hotloop
