#include "gui/data/trace/search.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <regex>

namespace hotloop::gui {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char &c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

struct Word {
  std::string text;
  bool absent = false;
  bool kind = false;
};

std::vector<Word> words(const std::string &query) {
  std::vector<Word> list;
  std::string current;
  bool quoted = false;
  const auto flush = [&] {
    if (current.empty()) return;
    Word word;
    word.text = lower(current);
    word.absent = word.text.size() > 1 && word.text[0] == '-';
    if (word.absent) word.text.erase(0, 1);
    word.kind = word.text.starts_with("kind:");
    if (word.kind) word.text.erase(0, 5);
    list.push_back(word);
    current.clear();
  };
  for (const char c : query) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      flush();
    } else {
      current += c;
    }
  }
  flush();
  return list;
}

} // namespace

Result<Search> Search::compile(const Trace &trace, const std::string &query) {
  Search search;
  search.wanted_.assign(trace.names.size(), false);
  search.flags_.assign(trace.names.size(), 0);
  const auto set = [&search](std::size_t i) {
    search.wanted_[i] = true;
    search.flags_[i] = 1;
    search.any_ = true;
  };
  if (query.size() > 2 && query.front() == '/' && query.back() == '/') {
    try {
      const std::regex pattern(query.substr(1, query.size() - 2),
                               std::regex::ECMAScript | std::regex::icase);
      for (std::size_t i = 0; i < trace.names.size(); ++i) {
        // Very long names make std::regex run deep.
        if (std::regex_search(trace.names[i].text.substr(0, 2000), pattern)) set(i);
      }
    } catch (const std::regex_error &) {
      return Unexpected(invalidInput("'" + query + "' is not a regular expression"));
    }
    return search;
  }
  const std::vector<Word> wanted = words(query);
  if (wanted.empty()) return search;
  for (std::size_t i = 0; i < trace.names.size(); ++i) {
    const SliceName &name = trace.names[i];
    const std::string text = lower(name.text);
    const bool all = std::all_of(wanted.begin(), wanted.end(), [&](const Word &word) {
      const bool found = word.kind
                             ? std::string_view(categoryName(name.category)).find(word.text) !=
                                   std::string_view::npos
                             : text.find(word.text) != std::string::npos;
      return found != word.absent;
    });
    if (all) set(i);
  }
  return search;
}

std::uint64_t Search::count(const Trace &trace) const {
  if (!any_) return 0;
  std::uint64_t count = 0;
  for (const std::uint32_t name : trace.name) count += flags_[name];
  return count;
}

std::uint32_t Search::next(const Trace &trace, std::int64_t t) const {
  std::uint32_t best = kNoSlice;
  if (!any_) return best;
  for (int round = 0; round < 2 && best == kNoSlice; ++round) {
    const std::int64_t from = round == 0 ? t + 1 : std::numeric_limits<std::int64_t>::min();
    std::int64_t bestStart = std::numeric_limits<std::int64_t>::max();
    for (const Lane &lane : trace.lanes) {
      const std::uint32_t end = lane.first + lane.count;
      for (std::uint32_t slice = round == 0 ? trace.lowerBound(lane, from) : lane.first;
           slice < end && trace.start[slice] < bestStart; ++slice) {
        if (flags_[trace.name[slice]] == 0) continue;
        best = slice;
        bestStart = trace.start[slice];
        break;
      }
    }
  }
  return best;
}

std::uint32_t Search::previous(const Trace &trace, std::int64_t t) const {
  std::uint32_t best = kNoSlice;
  if (!any_) return best;
  for (int round = 0; round < 2 && best == kNoSlice; ++round) {
    std::int64_t bestStart = std::numeric_limits<std::int64_t>::min();
    for (const Lane &lane : trace.lanes) {
      std::uint32_t slice = round == 0 ? trace.lowerBound(lane, t) : lane.first + lane.count;
      while (slice > lane.first && trace.start[slice - 1] > bestStart) {
        --slice;
        if (flags_[trace.name[slice]] == 0) continue;
        best = slice;
        bestStart = trace.start[slice];
        break;
      }
    }
  }
  return best;
}

} // namespace hotloop::gui
