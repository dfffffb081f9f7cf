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
  return filter;
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
    term.glob = word.substr(colon + 1);
    if (term.glob.size() > 2 && term.glob.front() == '/' && term.glob.back() == '/') {
      auto expression = std::make_shared<Expression>(term.glob.substr(1, term.glob.size() - 2));
      if (expression->code != 0) {
        std::array<char, 200> message{};
        ::regerror(expression->code, &expression->compiled, message.data(), message.size());
        return Unexpected(
            invalidInput(fmt::format("--filter: {} is no regular expression (POSIX extended): {}",
                                     term.glob, message.data())));
      }
      term.expression = std::move(expression);
    }
    filter.terms_.push_back(std::move(term));
  }
  if (filter.terms_.empty())
    return Unexpected(
        invalidInput(fmt::format("--filter is empty; write KEY:GLOB, like {}:*", known.front())));
  return filter;
}

bool RowFilter::Term::finds(std::string_view text) const {
  if (!expression) return globMatches(glob, text);
  return ::regexec(&expression->compiled, std::string(text).c_str(), 0, nullptr, 0) == 0;
}

bool RowFilter::holds(const Term &term, const Subject &subject) const {
  switch (term.key) {
  case Key::kPhase:
    return term.finds(subject.phase) ||
           (!term.expression && globMatches(term.glob + "/**", subject.phase));
  case Key::kKernel: return !subject.kernel.empty() && term.finds(subject.kernel);
  case Key::kSite:
    if (subject.site == nullptr) return false;
    return term.expression ? term.finds(siteText(*subject.site))
                           : siteMatches(term.glob, subject.site->file, subject.site->function);
  case Key::kOperator: { // of a path of operators, any
    for (std::size_t begin = 0; begin < subject.op.size();) {
      const std::size_t end = std::min(subject.op.find('/', begin), subject.op.size());
      if (term.finds(std::string_view(subject.op).substr(begin, end - begin))) return true;
      begin = end + 1;
    }
    return false;
  }
  case Key::kCounter: {
    const std::string_view counter = counterOfAlias(term.glob);
    return counter.empty() ? term.finds(subject.counter) : counter == subject.counter;
  }
  case Key::kCategory: return term.finds(subject.category);
  }
  return false;
}

bool RowFilter::holds(const Subject &subject) const {
  return std::ranges::all_of(
      terms_, [&](const Term &term) { return holds(term, subject) != term.negated; });
}

bool RowFilter::matches(const SiteChange &change) const {
  return holds({change.site.rangePath, "", change.counter, "", "", &change.site});
}

bool RowFilter::matches(const OwnerDelta &owner) const {
  return holds({owner.phase, owner.family, "", owner.category, owner.opPath, &owner.site});
}

bool RowFilter::matches(const GateRow &row) const {
  return holds({row.phase, "", row.counter, "", row.op, &row.site});
}

void RowFilter::apply(RunDiff &diff) const {
  std::erase_if(diff.sites, [&](const SiteChange &change) { return !matches(change); });
  OwnerDelta rest;
  rest.category = "left out by --filter";
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
}

void RowFilter::apply(ReportTable &table) const {
  const auto has = [&](std::string_view key) {
    return std::ranges::find(table.columns, key, &ReportColumn::key) != table.columns.end();
  };
  const bool sites = has("file"), operators = has("name") && !has("domain") && !sites;
  std::erase_if(table.rows, [&](const std::vector<ReportCell> &row) {
    Site site{cellOf(table, row, "file"), 0, cellOf(table, row, "function"), ""};
    const Subject subject{"", "", "", "", operators ? cellOf(table, row, "name") : "", &site};
    return !std::ranges::all_of(terms_, [&](const Term &term) {
      const bool applies = term.key == Key::kSite ? sites : operators;
      return !applies || holds(term, subject) != term.negated;
    });
  });
}

} // namespace hotloop::cli
