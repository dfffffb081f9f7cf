#include "cli/arguments/suggest.h"

#include <algorithm>
#include <cctype>

namespace hotloop::cli {

namespace {

constexpr std::size_t kLongest = 64; // a longer word is no typing mistake

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

} // namespace

std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      cost[i][j] =
          std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (same ? 0u : 1u)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  return cost[a.size()][b.size()];
}

std::string_view closest(std::string_view given, const std::vector<std::string_view> &candidates) {
  if (given.empty() || given.size() > kLongest) return {};
  const std::size_t allowed = std::clamp<std::size_t>(given.size() / 3, 1, 3);
  std::string_view best;
  std::size_t bestDistance = allowed + 1;
  std::vector<std::string_view> begin;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = editDistance(given, candidate);
    // With one or two letters every short name is near.
    if (distance < bestDistance && distance < candidate.size()) {
      best = candidate;
      bestDistance = distance;
    }
    if (given.size() >= 3 && candidate.starts_with(given)) begin.push_back(candidate);
  }
  if (best.empty() && begin.size() == 1) return begin.front();
  return best;
}

std::string didYouMean(std::string_view given, const std::vector<std::string_view> &candidates) {
  const std::string_view best = closest(given, candidates);
  return best.empty() ? std::string() : "; did you mean '" + std::string(best) + "'?";
}

} // namespace hotloop::cli
