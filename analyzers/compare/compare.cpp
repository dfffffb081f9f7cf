#include "analyzers/compare/compare.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>

namespace hotloop {

namespace {

struct Side {
  double owned = 0, worked = 0, count = 0; // per step; ms
  const TimeOwner *shown = nullptr;        // largest of them
  void add(const TimeOwner &owner, double steps) {
    owned += static_cast<double>(owner.owned) * 1e-6 / steps;
    worked += static_cast<double>(owner.worked) * 1e-6 / steps;
    count += static_cast<double>(owner.count) / steps;
    if (shown == nullptr || owner.owned > shown->owned) shown = &owner;
  }
};

double stepsOf(const RunProfile &run) {
  return static_cast<double>(std::max<std::size_t>(run.durations.size(), 1));
}

double meanMs(const RunProfile &run) {
  return static_cast<double>(
             std::accumulate(run.durations.begin(), run.durations.end(), std::int64_t{0})) *
         1e-6 / stepsOf(run);
}

// The last part of a path: what remains of it when callers are renamed.
std::string leaf(const std::string &path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string keyOf(const TimeOwner &owner, int stage) {
  const std::string &c = owner.category;
  switch (stage) {
  case 0:
    return c + '\n' + owner.phase + '\n' + owner.opPath + '\n' + owner.file + '\n' +
           owner.function + '\n' + owner.family;
  case 1: return c + '\n' + owner.phase + '\n' + owner.opPath + '\n' + owner.family;
  case 2:
    return c + '\n' + owner.phase + '\n' + owner.opPath + '\n' + owner.file + '\n' + owner.function;
  case 3: return c + '\n' + owner.phase + '\n' + leaf(owner.opPath) + '\n' + owner.family;
  default: return c + '\n' + leaf(owner.opPath) + '\n' + owner.family + '\n' + owner.function;
  }
}
constexpr const char *kMatched[] = {"exact", "moved", "kernel", "moved", "phase"};
constexpr int kStages = 5;

OwnerDelta deltaOf(const Side &a, const Side &b, const char *matched) {
  OwnerDelta delta;
  const TimeOwner &shown = b.shown != nullptr ? *b.shown : *a.shown;
  delta.category = shown.category;
  delta.phase = shown.phase;
  delta.opPath = shown.opPath;
  delta.family = shown.family;
  delta.site = {shown.file, shown.line, shown.function, shown.phase};
  delta.matched = matched;
  delta.aMs = a.owned;
  delta.bMs = b.owned;
  delta.aCount = a.count;
  delta.bCount = b.count;
  const double change = b.owned - a.owned;
  if (a.count <= 0 || b.count <= 0) {
    // Came or went altogether; or not counted at all (the program between operators).
    (a.count != b.count ? delta.countMs : delta.unitMs) = change;
    return delta;
  }
  // owned = count x unit x exposure, changed one after the other.
  const double unitA = a.worked / a.count, unitB = b.worked / b.count;
  const double exposureA = a.worked > 0 ? a.owned / a.worked : 0;
  delta.countMs = (b.count - a.count) * unitA * exposureA;
  delta.unitMs = b.count * (unitB - unitA) * exposureA;
  delta.exposureMs = change - delta.countMs - delta.unitMs;
  return delta;
}

} // namespace

TimeComparison compareTimes(const RunProfile &a, const RunProfile &b) {
  TimeComparison comparison;
  comparison.aMs = meanMs(a);
  comparison.bMs = meanMs(b);
  std::vector<const TimeOwner *> leftA, leftB;
  for (const TimeOwner &owner : a.owners) leftA.push_back(&owner);
  for (const TimeOwner &owner : b.owners) leftB.push_back(&owner);
  for (int stage = 0; stage < kStages; ++stage) {
    std::map<std::string, std::pair<std::vector<const TimeOwner *>, std::vector<const TimeOwner *>>>
        groups;
    for (const TimeOwner *owner : leftA) groups[keyOf(*owner, stage)].first.push_back(owner);
    for (const TimeOwner *owner : leftB) groups[keyOf(*owner, stage)].second.push_back(owner);
    leftA.clear();
    leftB.clear();
    for (const auto &[key, group] : groups) {
      const auto &[ofA, ofB] = group;
      if (ofA.empty() || ofB.empty()) {
        leftA.insert(leftA.end(), ofA.begin(), ofA.end());
        leftB.insert(leftB.end(), ofB.begin(), ofB.end());
        continue;
      }
      Side sideA, sideB;
      for (const TimeOwner *owner : ofA) sideA.add(*owner, stepsOf(a));
      for (const TimeOwner *owner : ofB) sideB.add(*owner, stepsOf(b));
      comparison.owners.push_back(deltaOf(sideA, sideB, kMatched[stage]));
    }
  }
  for (const TimeOwner *owner : leftA) {
    Side side;
    side.add(*owner, stepsOf(a));
    comparison.owners.push_back(deltaOf(side, {}, "removed"));
  }
  for (const TimeOwner *owner : leftB) {
    Side side;
    side.add(*owner, stepsOf(b));
    comparison.owners.push_back(deltaOf({}, side, "added"));
  }
  std::stable_sort(comparison.owners.begin(), comparison.owners.end(),
                   [](const OwnerDelta &x, const OwnerDelta &y) {
                     const double left = std::fabs(x.deltaMs()), right = std::fabs(y.deltaMs());
                     if (left != right) return left > right;
                     return x.site.file + x.opPath < y.site.file + y.opPath;
                   });
  const Fingerprint &fa = a.fingerprint, &fb = b.fingerprint;
  if (fa.felt != fb.felt)
    comparison.notes.push_back("only one of the runs has GPU records: its device time and waits "
                               "have no counterpart, and the "
                               "other's operators hold the work itself");
  else if (fa.device != fb.device)
    comparison.notes.push_back(fmt::format("the runs are of different devices ({}, {}): counts and "
                                           "owners compare, lengths of kernels are "
                                           "those of each device",
                                           fa.device.empty() ? "none" : fa.device,
                                           fb.device.empty() ? "none" : fb.device));
  return comparison;
}

std::vector<GateCause> causesOf(const TimeComparison &comparison, double least) {
  std::vector<GateCause> causes;
  const double whole = comparison.deltaMs();
  GateCause rest;
  rest.category = "everything else";
  for (const OwnerDelta &owner : comparison.owners) {
    const double delta = owner.deltaMs();
    if (std::fabs(delta) < std::max(std::fabs(whole) * least, 1e-9)) {
      rest.deltaMs += delta;
      rest.countMs += owner.countMs;
      rest.unitMs += owner.unitMs;
      rest.exposureMs += owner.exposureMs;
      continue;
    }
    GateCause cause;
    cause.category = owner.category;
    cause.phase = owner.phase;
    cause.opPath = owner.opPath;
    cause.family = owner.family;
    cause.site = owner.site;
    cause.deltaMs = delta;
    cause.share = whole != 0 ? delta / whole : 0;
    cause.countMs = owner.countMs;
    cause.unitMs = owner.unitMs;
    cause.exposureMs = owner.exposureMs;
    cause.countBefore = owner.aCount;
    cause.countAfter = owner.bCount;
    causes.push_back(std::move(cause));
  }
  if (std::fabs(rest.deltaMs) > 1e-12) {
    rest.share = whole != 0 ? rest.deltaMs / whole : 0;
    causes.push_back(std::move(rest));
  }
  return causes;
}

} // namespace hotloop
