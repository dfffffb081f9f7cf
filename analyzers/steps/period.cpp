#include "analyzers/steps/period.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "core/base/stop.h"

namespace hotloop {

namespace {

constexpr std::size_t kMinimumPieces = 5;
constexpr std::size_t kCandidates = 12;
constexpr double kAlike = 0.8;
constexpr double kAgreement = 0.9;
constexpr double kCoverage = 0.5;

// Tokens renumbered from 0 by first appearance.
struct Dense {
  std::vector<std::uint32_t> tokens;
  std::vector<std::uint32_t> counts;
};

Dense renumber(std::span<const std::uint32_t> tokens) {
  Dense dense;
  std::unordered_map<std::uint32_t, std::uint32_t> ids;
  dense.tokens.reserve(tokens.size());
  for (const std::uint32_t token : tokens) {
    stopPoint(dense.tokens.size());
    const auto id = ids.try_emplace(token, static_cast<std::uint32_t>(ids.size())).first->second;
    if (id == dense.counts.size()) dense.counts.push_back(0);
    ++dense.counts[id];
    dense.tokens.push_back(id);
  }
  return dense;
}

// Tokens that may run once per repetition: for each number of appearances the first such token,
// numbers that explain most of the sequence first.
std::vector<std::uint32_t> candidates(const Dense &dense) {
  std::map<std::uint32_t, std::pair<std::uint64_t, std::uint32_t>>
      byCount; // -> weight, first token
  for (std::uint32_t token = 0; token < dense.counts.size(); ++token) {
    const std::uint32_t count = dense.counts[token];
    if (count < kMinimumPieces) continue;
    auto &entry = byCount.try_emplace(count, 0, token).first->second;
    entry.first += count;
  }
  std::vector<std::pair<std::uint64_t, std::uint32_t>> ranked;
  for (const auto &[count, entry] : byCount) ranked.push_back(entry);
  std::ranges::stable_sort(ranked, std::ranges::greater(), [](const auto &e) { return e.first; });
  if (ranked.size() > kCandidates) ranked.resize(kCandidates);
  std::vector<std::uint32_t> tokens;
  for (const auto &[weight, token] : ranked) tokens.push_back(token);
  return tokens;
}

// Share of the tokens of two pieces that they have in common. `tally` is all zero before and after.
double likeness(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b,
                std::vector<std::int32_t> &tally) {
  for (const std::uint32_t token : a) ++tally[token];
  std::size_t common = 0;
  for (const std::uint32_t token : b)
    if (tally[token]-- > 0) ++common;
  for (const std::uint32_t token : a) tally[token] = 0;
  for (const std::uint32_t token : b) tally[token] = 0;
  return static_cast<double>(common) / static_cast<double>(std::max(a.size(), b.size()));
}

Period cutAt(const Dense &dense, std::uint32_t anchor, std::vector<std::int32_t> &tally) {
  Period period;
  const auto size = static_cast<std::uint32_t>(dense.tokens.size());
  for (std::uint32_t i = 0; i < size; ++i)
    if (dense.tokens[i] == anchor) period.starts.push_back(i);
  stopPoint();
  const std::span<const std::uint32_t> all(dense.tokens);
  const auto piece = [&](std::size_t k) {
    return all.subspan(period.starts[k], period.starts[k + 1] - period.starts[k]);
  };
  // What follows the last cut is a whole repetition only if it looks like one.
  const std::size_t whole = period.starts.size() - 1;
  period.starts.push_back(size);
  if (whole == 0 || likeness(piece(whole - 1), piece(whole), tally) < kAlike)
    period.starts.pop_back();

  std::size_t alike = 0;
  std::vector<bool> ok(period.starts.size() - 1);
  for (std::size_t k = 0; k + 1 < ok.size(); ++k) {
    stopPoint();
    if (likeness(piece(k), piece(k + 1), tally) >= kAlike) ok[k] = ok[k + 1] = true;
  }
  for (std::size_t k = 0; k < ok.size(); ++k)
    if (ok[k]) alike += piece(k).size();
  const std::size_t covered = period.starts.back() - period.starts.front();
  if (ok.size() < kMinimumPieces ||
      static_cast<double>(covered) < kCoverage * static_cast<double>(size))
    return {};
  period.agreement = static_cast<double>(alike) / static_cast<double>(covered);
  return period;
}

} // namespace

Period findPeriod(std::span<const std::uint32_t> tokens) {
  const Dense dense = renumber(tokens);
  std::vector<std::int32_t> tally(dense.counts.size());
  Period best;
  for (const std::uint32_t anchor : candidates(dense)) {
    Period period = cutAt(dense, anchor, tally);
    if (period.agreement < kAgreement) continue;
    const double lead = period.agreement - best.agreement;
    if (lead > 0.02 || (lead > -0.02 && period.starts.size() > best.starts.size()))
      best = std::move(period);
  }
  return best;
}

} // namespace hotloop
