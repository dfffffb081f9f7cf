#include "cli/filter/row_filter.h"

#include <regex.h>

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "analyzers/gate/policy.h"
#include "cli/arguments/suggest.h"

namespace hotloop::cli {

// POSIX's, because std::regex throws, and recurses as deep as names are long.
struct RowFilter::Expression {
  regex_t compiled{};
  int code = 0; // of regcomp()
  explicit Expression(const std::string &source)
      : code(::regcomp(&compiled, source.c_str(), REG_EXTENDED | REG_NOSUB)) {}
  Expression(const Expression &) = delete;
  Expression &operator=(const Expression &) = delete;
  ~Expression() {
    if (code == 0) ::regfree(&compiled);
  }
};

namespace {

using Key = RowFilter::Key;

constexpr std::array<std::pair<std::string_view, Key>, 6> kNames{{{"phase", Key::kPhase},
                                                                  {"kernel", Key::kKernel},
                                                                  {"site", Key::kSite},
                                                                  {"operator", Key::kOperator},
                                                                  {"counter", Key::kCounter},
                                                                  {"category", Key::kCategory}}};

// By --filter, --phase or --kernel.
constexpr const char *kLeftOut = "left out by the filter";

std::vector<std::string_view> namesOf(const std::vector<Key> &keys) {
  std::vector<std::string_view> names;
  for (const auto &[name, key] : kNames)
    if (std::ranges::find(keys, key) != keys.end()) names.push_back(name);
  return names;
}

std::string siteText(const Site &site) {
  return site.function.empty() ? site.file : site.file + ":" + site.function;
}

// A word ends at a space, but not within slashes.
std::size_t endOfWord(const std::string &text, std::size_t begin) {
  const std::size_t space = std::min(text.find(' ', begin), text.size());
  const std::size_t opening = text.find(":/", begin);
  if (opening == std::string::npos || opening > space) return space;
  const std::size_t closing = std::min(text.find("/ ", opening + 2), text.size() - 1);
  return text[closing] == '/' ? closing + 1 : space;
}

std::string cellOf(const ReportTable &table, const std::vector<ReportCell> &row,
                   std::string_view key) {
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    if (table.columns[i].key == key) return cellText(row[i], CellFormat::kPlain);
  return {};
}

} // namespace

Result<std::optional<RowFilter>> RowFilter::given(const Arguments &arguments,
                                                  const std::vector<Key> &keys) {
  std::optional<RowFilter> filter;
  if (arguments.has("filter")) {
    HOTLOOP_ASSIGN(filter, parse(arguments.text("filter"), keys));
  }
  for (const auto &[flag, key] :
       {std::pair("phase", Key::kPhase), std::pair("kernel", Key::kKernel)}) {
    const auto words = arguments.values(flag);
    if (words.empty()) continue;
    if (!filter) filter.emplace();
    Term &term = filter->terms_.emplace_back();
    term.key = key;
    for (const std::string &word : words) {
      HOTLOOP_ASSIGN(Pattern pattern, patternOf(std::string("--") + flag, word));
      term.any.push_back(std::move(pattern));
    }
  }
  return filter;
}

Result<RowFilter::Pattern> RowFilter::patternOf(const std::string &flag, const std::string &text) {
  Pattern pattern{text, nullptr};
  if (text.empty())
    return Unexpected(invalidInput(flag + " is empty; write a GLOB or /EXPRESSION/"));
  if (text.size() <= 2 || text.front() != '/' || text.back() != '/') return pattern;
  auto expression = std::make_shared<Expression>(text.substr(1, text.size() - 2));
  if (expression->code != 0) {
    std::array<char, 200> message{};
    ::regerror(expression->code, &expression->compiled, message.data(), message.size());
    return Unexpected(invalidInput(fmt::format(
        "{}: {} is no regular expression (POSIX extended): {}", flag, text, message.data())));
  }
  pattern.expression = std::move(expression);
  return pattern;
}

Result<RowFilter> RowFilter::parse(const std::string &text, const std::vector<Key> &keys) {
  const auto known = namesOf(keys);
  RowFilter filter;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = endOfWord(text, begin);
    std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty()) continue;
    Term term;
    term.negated = word.front() == '-';
    if (term.negated) word.erase(0, 1);
    const std::size_t colon = word.find(':');
    const std::string key = word.substr(0, colon);
    const bool isKnown = std::ranges::find(known, key) != known.end();
    if (colon == std::string::npos || colon + 1 == word.size() || !isKnown)
      return Unexpected(invalidInput(fmt::format(
          "--filter: '{}' is not KEY:GLOB or KEY:/EXPRESSION/, like {}:* or -site:tests/*; keys: "
          "{}{}",
          word, known.front(), fmt::join(known, ", "),
          isKnown ? std::string() : didYouMean(key, known))));
    term.key = std::ranges::find(kNames, key, &decltype(kNames)::value_type::first)->second;
    HOTLOOP_ASSIGN(Pattern pattern, patternOf("--filter", word.substr(colon + 1)));
    term.any.push_back(std::move(pattern));
    filter.terms_.push_back(std::move(term));
  }
  if (filter.terms_.empty())
    return Unexpected(
        invalidInput(fmt::format("--filter is empty; write KEY:GLOB, like {}:*", known.front())));
  return filter;
}

bool RowFilter::Pattern::finds(std::string_view text) const {
  if (!expression) return globMatches(glob, text);
  return ::regexec(&expression->compiled, std::string(text).c_str(), 0, nullptr, 0) == 0;
}

bool RowFilter::holds(Key key, const Pattern &pattern, const Subject &subject) {
  switch (key) {
  case Key::kPhase:
    return pattern.finds(subject.phase) ||
           (!pattern.expression && globMatches(pattern.glob + "/**", subject.phase));
  case Key::kKernel: return !subject.kernel.empty() && pattern.finds(subject.kernel);
  case Key::kSite:
    if (subject.site == nullptr) return false;
    return pattern.expression
               ? pattern.finds(siteText(*subject.site))
               : siteMatches(pattern.glob, subject.site->file, subject.site->function);
  case Key::kOperator: { // of a path of operators, any
    for (std::size_t begin = 0; begin < subject.op.size();) {
      const std::size_t end = std::min(subject.op.find('/', begin), subject.op.size());
      if (pattern.finds(std::string_view(subject.op).substr(begin, end - begin))) return true;
      begin = end + 1;
    }
    return false;
  }
  case Key::kCounter: {
    const std::string_view counter = counterOfAlias(pattern.glob);
    return counter.empty() ? pattern.finds(subject.counter) : counter == subject.counter;
  }
  case Key::kCategory: return pattern.finds(subject.category);
  }
  return false;
}

bool RowFilter::holds(const Term &term, const Subject &subject) {
  return std::ranges::any_of(term.any, [&](const Pattern &one) {
           return holds(term.key, one, subject);
         }) != term.negated;
}

bool RowFilter::holds(const Subject &subject) const {
  return std::ranges::all_of(terms_, [&](const Term &term) { return holds(term, subject); });
}

bool RowFilter::matches(const SiteChange &change) const {
  return holds({change.site.rangePath, "", change.counter, "", "", &change.site});
}

bool RowFilter::matches(const OwnerDelta &owner) const {
  return holds({owner.phase, owner.family, "", owner.category, owner.opPath, &owner.site});
}

bool RowFilter::matches(const GateRow &row) const {
  return holds({row.phase, row.kernel, row.counter, "", row.op, &row.site});
}

bool RowFilter::matches(const GateCause &cause) const {
  return holds({cause.phase, cause.family, "", cause.category, cause.opPath, &cause.site});
}

void RowFilter::apply(RunDiff &diff) const {
  std::erase_if(diff.sites, [&](const SiteChange &change) { return !matches(change); });
  OwnerDelta rest;
  rest.category = kLeftOut;
  std::size_t leftOut = 0;
  std::erase_if(diff.time.owners, [&](const OwnerDelta &owner) {
    if (matches(owner)) return false;
    rest.aMs += owner.aMs;
    rest.bMs += owner.bMs;
    rest.countMs += owner.countMs;
    rest.unitMs += owner.unitMs;
    rest.exposureMs += owner.exposureMs;
    ++leftOut;
    return true;
  });
  if (leftOut > 0) diff.time.owners.push_back(std::move(rest));
}

void RowFilter::apply(GateReport &report) const {
  std::erase_if(report.rows, [&](const GateRow &row) {
    const bool whole = row.level == "run" || row.level == "step" || row.level == "time";
    return !whole && row.status < GateStatus::kWarn && !matches(row);
  });
  GateCause rest;
  rest.category = kLeftOut;
  const std::size_t before = report.causes.size();
  std::erase_if(report.causes, [&](const GateCause &cause) {
    if (matches(cause)) return false;
    rest.deltaMs += cause.deltaMs;
    rest.share += cause.share;
    rest.countMs += cause.countMs;
    rest.unitMs += cause.unitMs;
    rest.exposureMs += cause.exposureMs;
    return true;
  });
  if (report.causes.size() < before) report.causes.push_back(std::move(rest));
}

void RowFilter::apply(ReportTable &table) const {
  const auto has = [&](std::string_view key) {
    return std::ranges::find(table.columns, key, &ReportColumn::key) != table.columns.end();
  };
  const bool sites = has("file"), kernels = has("kernel"), phases = has("phase");
  const bool operators = has("name") && !has("domain") && !sites;
  std::erase_if(table.rows, [&](const std::vector<ReportCell> &row) {
    Site site{cellOf(table, row, "file"), 0, cellOf(table, row, "function"), ""};
    const Subject subject{cellOf(table, row, "phase"),
                          cellOf(table, row, "kernel"),
                          "",
                          "",
                          operators ? cellOf(table, row, "name") : "",
                          &site};
    return !std::ranges::all_of(terms_, [&](const Term &term) {
      const bool applies = term.key == Key::kSite     ? sites
                           : term.key == Key::kKernel ? kernels
                           : term.key == Key::kPhase  ? phases
                                                      : operators;
      return !applies || holds(term, subject);
    });
  });
}

} // namespace hotloop::cli
