#include "cli/diff/row_filter.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "analyzers/gate/policy.h"
#include "cli/arguments/suggest.h"

namespace hotloop::cli {

Result<RowFilter> RowFilter::parse(const std::string &text) {
  constexpr std::pair<std::string_view, Key> kKeys[] = {{"phase", Key::kPhase},
                                                        {"kernel", Key::kKernel},
                                                        {"site", Key::kSite},
                                                        {"counter", Key::kCounter},
                                                        {"category", Key::kCategory}};
  RowFilter filter;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty()) continue;
    Term term;
    term.negated = word.front() == '-';
    if (term.negated) word.erase(0, 1);
    const std::size_t colon = word.find(':');
    const std::string key = word.substr(0, colon);
    const auto *known = std::ranges::find(kKeys, key, &std::pair<std::string_view, Key>::first);
    if (colon == std::string::npos || colon + 1 == word.size() || known == std::end(kKeys))
      return Unexpected(invalidInput(
          fmt::format("--filter: '{}' is not KEY:GLOB, like phase:forward or -site:tests/*; keys: "
                      "phase, kernel, "
                      "site, counter, category{}",
                      word,
                      known == std::end(kKeys)
                          ? didYouMean(key, {"phase", "kernel", "site", "counter", "category"})
                          : std::string())));
    term.key = known->second;
    term.glob = word.substr(colon + 1);
    filter.terms_.push_back(std::move(term));
  }
  if (filter.terms_.empty())
    return Unexpected(invalidInput("--filter is empty; write KEY:GLOB, like phase:forward"));
  return filter;
}

bool RowFilter::holds(const Subject &subject) const {
  return std::ranges::all_of(terms_, [&](const Term &term) {
    bool good = false;
    switch (term.key) {
    case Key::kPhase:
      good = globMatches(term.glob, subject.phase) || globMatches(term.glob + "/**", subject.phase);
      break;
    case Key::kKernel:
      good = !subject.kernel.empty() && globMatches(term.glob, subject.kernel);
      break;
    case Key::kSite:
      good = subject.site != nullptr &&
             siteMatches(term.glob, subject.site->file, subject.site->function);
      break;
    case Key::kCounter: {
      const std::string_view counter = counterOfAlias(term.glob);
      good = counter.empty() ? globMatches(term.glob, subject.counter) : counter == subject.counter;
      break;
    }
    case Key::kCategory: good = globMatches(term.glob, subject.category); break;
    }
    return good != term.negated;
  });
}

bool RowFilter::matches(const SiteChange &change) const {
  return holds({change.site.rangePath, "", change.counter, "", &change.site});
}

bool RowFilter::matches(const OwnerDelta &owner) const {
  return holds({owner.phase, owner.family, "", owner.category, &owner.site});
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

} // namespace hotloop::cli
