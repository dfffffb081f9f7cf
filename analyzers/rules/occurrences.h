#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "analyzers/rules/rule_input.h"

namespace hotloop {

// Collects what a rule has seen at one site, per steady step, and turns it into a Finding. Used as
//   OccurrenceGroups groups(input);
//   groups.addOp(variant, row, syncs);               for every hit
//   for (auto &[key, group] : groups) { Finding f = groups.finding(group); ...; judge(...); }
struct OccurrenceGroup {
  SiteIndex site = 0;
  PathIndex path = 0;                     // common prefix of the ranges
  std::uint32_t variant = 0;              // the rule's own number
  std::vector<double> count;              // per steady step (position in Steps::steady)
  std::vector<double> hostTime;           // ns, same
  std::vector<double> syncs;              // would-be host syncs, same
  std::vector<double> bytes;              // allocated or copied, same
  std::vector<double> waited, idle;       // ns, of calls (DeviceFacts), same
  std::vector<double> work;               // ns of the device, same
  std::vector<Evidence> evidence;         // the first kEvidenceRows
  std::vector<std::uint32_t> ops;         // rows that this group explains (RuleFinding)
  std::vector<std::uint32_t> allocations; // same
  std::vector<std::uint32_t> calls;       // same

  double perStep() const;          // median
  double recurrence() const;       // share of the steady steps with at least one
  Nanoseconds hostPerStep() const; // median
  double syncsPerStep() const;     // median
  double bytesPerStep() const;     // median
  double workPerStep() const;      // median, ns
};

class OccurrenceGroups {
public:
  // The place (site, and the path only where the site is unknown) and the variant.
  using Key = std::pair<std::pair<SiteIndex, PathIndex>, std::uint32_t>;
  static constexpr std::size_t kEvidenceRows = 5;

  explicit OccurrenceGroups(const RuleInput &input);

  // An operator in a steady step: counts 1, its whole duration as host time, `syncs`. Its site is
  // the group's. Null, and nothing is counted, for rows outside of steady steps and claimed rows.
  OccurrenceGroup *addOp(std::uint32_t variant, std::uint32_t op, double syncs = 0);
  // Another operator of the last occurrence: its host time counts and it is claimed too.
  void extend(OccurrenceGroup &group, std::uint32_t op) const;
  // An allocation in a steady step: counts 1 and its bytes.
  OccurrenceGroup *addAllocation(std::uint32_t variant, std::uint32_t allocation);
  // A CUDA call in a steady step: counts 1, its whole duration as host time, the bytes that it
  // copies, what it waited for and how long it kept the device.
  OccurrenceGroup *addCall(std::uint32_t variant, std::uint32_t call);
  // A CUDA call that belongs to the last occurrence (the wait behind a copy): it does not count.
  void extendCall(OccurrenceGroup &group, std::uint32_t call) const;

  // A kernel, copy or fill of a steady step (index in DeviceFacts::work): counts 1 and its time on
  // the device; it has the place of the call that started it. Null when that call is claimed.
  OccurrenceGroup *addWork(std::uint32_t variant, std::uint32_t work);
  // Position of a steady step (index in Steps::all) in the columns of a group.
  std::uint32_t positionOf(std::uint32_t step) const { return positionOfStep_[step]; }

  auto begin() { return groups_.begin(); }
  auto end() { return groups_.end(); }
  bool empty() const { return groups_.empty(); }

  // rule, title, fix, doc etc. are for the caller; this fills site, perStep, hostTime,
  // bytesPerStep, evidence and felt: "measured" when the host time is material by itself, else
  // "would".
  Finding finding(const OccurrenceGroup &group) const;

private:
  OccurrenceGroup *at(SiteIndex site, PathIndex path, std::uint32_t variant, std::uint32_t step,
                      std::size_t &position);

  const RuleInput &input_;
  std::vector<std::uint32_t> positionOfStep_; // Steps::all index -> position in Steps::steady
  std::map<Key, OccurrenceGroup> groups_;
};

// "aten::item at step 12".
Evidence opEvidence(const RuleInput &input, std::uint32_t op);
// "cudaFree at step 12".
Evidence callEvidence(const RuleInput &input, std::uint32_t call);
Evidence workEvidence(const RuleInput &input, const DeviceItem &work);

// The words of a finding, apart from its figures.
struct Advice {
  std::string_view variant, title, fix, code, mayNotPay;
};
// OccurrenceGroups::finding() with these words.
Finding advise(const OccurrenceGroups &groups, const OccurrenceGroup &group, const Advice &advice);

// Time on the device of what the operators of a group start, ns per steady step (median). Zero
// without a device.
double deviceTimeOf(const RuleInput &input, const OccurrenceGroup &group);
// What they cost the step at most: on a device the host is often ahead, so the longer of their time
// on the host and their time on the device.
double costPerStep(const RuleInput &input, const OccurrenceGroup &group);

double median(std::vector<double> values); // 0 of nothing; mean of the middle two when even

// Median distance of the starts of neighbouring steady steps; that of their lengths where there is
// none.
Nanoseconds stepPeriod(const RuleInput &input);

// Share of the median steady step, 0..1.
double shareOfStep(const RuleInput &input, Nanoseconds hostTime);

// The common judgement: recurs, and (stalls often enough or costs enough host time, or
// `structural`: the rule's own threshold is met). Material findings go to outcome.findings; those
// that recur and are below to notWorth, with the number in mayNotPay; those that do not recur at
// all (less than `recurrence`) to notWorth too, with how often they were seen. The row in
// outcome.findings, valid until the next one; null where it went to notWorth.
RuleFinding *judge(const RuleInput &input, const OccurrenceGroup &group, Finding finding,
                   bool structural, RuleOutcome &outcome, FixKind fix = FixKind::kNone);

// A finding of `group` that its rule checked and holds not worth a change, for `reason`.
void dismiss(const OccurrenceGroup &group, Finding finding, std::string reason,
             RuleOutcome &outcome, FixKind fix = FixKind::kNone);

// Judges by the share of the step: `ns` per step against `leastShare`; below it the finding is
// dismissed with its number. `what` completes "It takes".
void judgeShare(const RuleInput &input, const OccurrenceGroup &group, Finding finding, double ns,
                double leastShare, std::string_view what, RuleOutcome &outcome, FixPlan fix = {});

} // namespace hotloop
