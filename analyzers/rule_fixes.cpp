#include "analyzers/rule_fixes.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analyzers/rules/builtin_rules.h"
#include "analyzers/rules/expert_turns.h"
#include "analyzers/rules/fix_edits.h"
#include "analyzers/rules/rule_runner.h"
#include "analyzers/run_facts.h"
#include "analyzers/timeline/site_filter.h"
#include "analyzers/timeline/transforms.h"
#include "core/base/stop.h"

namespace hotloop {

namespace {

constexpr std::string_view kFusing[] = {"HL303", "HL506", "HL605"};

// What rules need to look at a run that a replay was made of.
class Subject {
public:
  explicit Subject(const WhatIf &whatIf)
      : trace_(whatIf.trace()), steps_(findSteps(trace_, -1)), facts_(trace_, steps_),
        device_(computeDeviceFacts(trace_, steps_, facts_.sites, facts_.ops, facts_.paths)) {
    claims_.ops.resize(facts_.ops.size());
    claims_.allocations.resize(facts_.allocations.size());
    claims_.calls.resize(device_.calls());
  }
  RuleInput input(const WhatIf &whatIf) const {
    return {trace_,
            steps_,
            facts_.sites,
            facts_.paths,
            facts_.ops,
            facts_.allocations,
            device_,
            facts_.counters,
            {},
            {},
            claims_.ops,
            claims_.allocations,
            claims_.calls,
            &whatIf};
  }

private:
  const TraceView &trace_;
  Steps steps_;
  RunFacts facts_;
  DeviceFacts device_;
  Claims claims_;
};

// Which rows are at a site: those that it names, or in a finding whose place it is.
class RowFilter {
public:
  RowFilter(const WhatIf &whatIf, const RuleInput &input, const Where &where)
      : where_(where), filter_(whatIf, where), around_(input.ops.size()) {
    if (where.site.empty()) return;
    const auto &api = whatIf.timeline().anchors.api;
    for (std::uint32_t i = 0; i < api.size(); ++i)
      if (api[i] != kNoIndex) anchors_.emplace_back(api[i], i);
    std::ranges::sort(anchors_);
    for (std::uint32_t call = 0; call < input.device.calls(); ++call) {
      std::uint32_t op = input.device.op[call];
      if (op == kNoIndex || !this->call(call)) continue;
      for (; op != kNoIndex && around_[op] == 0; op = input.ops.parent[op]) around_[op] = 1;
    }
  }
  // Does the operator make such a call?
  bool op(std::uint32_t row) const { return around_[row] != 0; }
  bool call(std::uint32_t row) const {
    const auto found = std::ranges::lower_bound(anchors_, std::pair(row, 0u));
    return found != anchors_.end() && found->first == row && filter_.matches(found->second);
  }
  bool place(const Site &site) const {
    const std::string_view wanted = where_.site;
    const std::string line = fmt::format("{}:{}", site.file, site.line);
    return (!site.file.empty() &&
            (line == wanted || site.file == wanted || line.ends_with("/" + where_.site))) ||
           (!site.function.empty() && site.function == wanted) ||
           (!site.rangePath.empty() && site.rangePath == wanted);
  }
  std::string unknown() const { return filter_.unknownSite(); }

private:
  const Where &where_;
  timeline::SiteFilter filter_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> anchors_; // row of apis, anchor
  std::vector<std::uint8_t> around_;                             // by row of ops
};

// The part of a finding that is at the site; false: nothing of it is.
bool narrow(const RowFilter &filter, RuleFinding &found) {
  if (filter.place(found.finding.site)) return true;
  std::erase_if(found.fix.calls, [&](std::uint32_t call) { return !filter.call(call); });
  std::erase_if(found.fix.groups, [&](const std::vector<std::uint32_t> &group) {
    return std::ranges::none_of(group, [&](std::uint32_t op) { return filter.op(op); });
  });
  return !found.fix.calls.empty() || !found.fix.groups.empty();
}

std::string nothingOr(const RowFilter &filter, std::string otherwise) {
  std::string unknown = filter.unknown();
  return unknown.empty() ? std::move(otherwise) : unknown;
}

Edit fuseChains(const WhatIf &whatIf, const RuleInput &input, const std::string &site) {
  const Where where{site, {}, {}};
  const RowFilter filter(whatIf, input, where);
  std::vector<Edit> edits;
  std::string why;
  for (const Rule &rule : builtinRules()) {
    if (std::ranges::find(kFusing, rule.id) == std::end(kFusing)) continue;
    if (!whyNotChecked(input, rule).empty()) continue;
    RuleOutcome outcome = rule.run(input);
    for (auto *list : {&outcome.findings, &outcome.notWorth})
      for (RuleFinding &found : *list) {
        if (found.fix.kind == FixKind::kNone) continue;
        if (!site.empty() && !narrow(filter, found)) continue;
        Edit edit = editOf(whatIf, input, found);
        if (edit.whyNone.empty())
          edits.push_back(std::move(edit));
        else
          why = edit.whyNone;
      }
  }
  if (edits.empty())
    return noEdit("fuse", !why.empty() ? why
                                       : nothingOr(filter, "The steady steps hold no chain of "
                                                           "pointwise kernels, no written-out "
                                                           "attention and no router there."));
  Edit edit = combine(edits);
  edit.name = site.empty() ? "fuse" : "fuse=" + site;
  return edit;
}

Edit balanceExperts(const WhatIf &whatIf, const RuleInput &input, const std::string &site) {
  const Where where{site, {}, {}};
  const RowFilter filter(whatIf, input, where);
  std::vector<Edit> edits;
  for (const ExpertTurns &turns : expertTurns(input)) {
    std::vector<Group> experts;
    bool isHere = site.empty();
    for (const auto &turn : turns) {
      experts.push_back({turn});
      isHere = isHere || std::ranges::any_of(turn, [&](std::uint32_t op) {
                 return filter.op(op) || filter.place(input.sites.site(input.ops.site[op]));
               });
    }
    if (!isHere) continue;
    Edit edit = balance(whatIf, experts);
    if (edit.whyNone.empty()) edits.push_back(std::move(edit));
  }
  if (edits.empty())
    return noEdit("balance",
                  nothingOr(filter,
                            "No loop over experts starts work of its own for each of them "
                            "in the steady steps; what experts that run as one product take "
                            "each is not on record."));
  Edit edit = combine(edits);
  edit.name = site.empty() ? "balance" : "balance=" + site;
  return edit;
}

} // namespace

Edit fuseChains(const WhatIf &whatIf, const std::string &site) {
  if (!whatIf.whyNone().empty()) return noEdit("fuse", whatIf.whyNone());
  const Subject subject(whatIf);
  return fuseChains(whatIf, subject.input(whatIf), site);
}

Edit balanceExperts(const WhatIf &whatIf, const std::string &site) {
  if (!whatIf.whyNone().empty()) return noEdit("balance", whatIf.whyNone());
  const Subject subject(whatIf);
  return balanceExperts(whatIf, subject.input(whatIf), site);
}

std::vector<Edit> ruleFixes(const WhatIf &whatIf, const std::stop_token &stop) {
  std::vector<Edit> edits;
  if (!whatIf.whyNone().empty())
    return {noEdit("fuse", whatIf.whyNone()), noEdit("balance", whatIf.whyNone())};
  const bool whole = runUntilStopped(stop, [&] {
    const Subject subject(whatIf);
    const RuleInput input = subject.input(whatIf);
    stopPoint();
    edits.push_back(fuseChains(whatIf, input, {}));
    stopPoint();
    edits.push_back(balanceExperts(whatIf, input, {}));
  });
  if (!whole) edits.clear();
  return edits;
}

std::vector<std::string_view> anyFixNames() {
  const auto names = fixNames();
  std::vector<std::string_view> all(names.begin(), names.end());
  all.insert(all.end(), {"fuse", "balance"});
  return all;
}

Result<Edit> anyFix(const WhatIf &whatIf, std::string_view fix) {
  const std::size_t equals = fix.find('=');
  const std::string_view name = fix.substr(0, equals);
  const std::string site(equals == fix.npos ? std::string_view() : fix.substr(equals + 1));
  const bool ours = name == "fuse" || name == "balance";
  if (ours && equals != fix.npos && site.empty())
    return Unexpected(invalidInput(
        fmt::format("fix '{}' has nothing behind '='; leave the '=' out to mean every site", fix)));
  if (name == "fuse") return fuseChains(whatIf, site);
  if (name == "balance") return balanceExperts(whatIf, site);
  const auto names = anyFixNames();
  if (std::ranges::find(names, name) == names.end())
    return Unexpected(
        invalidInput(fmt::format("unknown fix '{}' (one of {})", name, fmt::join(names, ", "))));
  return namedFix(whatIf, fix);
}

} // namespace hotloop
