#include <map>

#include <fmt/format.h>

#include "analyzers/rules/called_ops.h"
#include "analyzers/rules/occurrences.h"

namespace hotloop {

namespace {

constexpr double kMaterialShare = 0.03; // of the step
constexpr std::size_t kFarthest = 8;    // operators between two parts of the chain

constexpr std::string_view kProducts[] = {"aten::bmm", "aten::matmul", "aten::baddbmm",
                                          "aten::einsum"};
constexpr std::string_view kSoftmax[] = {"aten::softmax", "aten::_softmax"};
constexpr std::string_view kBetween[] = {"aten::div",
                                         "aten::div_",
                                         "aten::mul",
                                         "aten::mul_",
                                         "aten::add",
                                         "aten::add_",
                                         "aten::masked_fill",
                                         "aten::masked_fill_",
                                         "aten::where",
                                         "aten::dropout",
                                         "aten::native_dropout",
                                         "aten::to",
                                         "aten::_to_copy",
                                         "aten::sub",
                                         "aten::type_as",
                                         "aten::contiguous"};
constexpr std::string_view kSquares[] = {"aten::pow", "aten::square", "aten::var"};
constexpr std::string_view kRoots[] = {"aten::rsqrt"};
constexpr std::string_view kNorm[] = {"aten::pow", "aten::square", "aten::var",     "aten::mean",
                                      "aten::add", "aten::rsqrt",  "aten::mul",     "aten::sub",
                                      "aten::div", "aten::to",     "aten::_to_copy"};

constexpr Advice kAttention = {
    "attention", "Attention is written out: product, softmax, product",
    "Use torch.nn.functional.scaled_dot_product_attention.",
    "# before\nw = (q @ k.transpose(-2, -1) / scale).softmax(-1)\ny = w @ v\n\n# after\n"
    "y = F.scaled_dot_product_attention(q, k, v)",
    "With short sequences the matrix of weights is small; the fused form does not give the weights "
    "back."};
constexpr Advice kRmsNorm = {
    "norm", "A normalisation is written out in pointwise operators and a mean",
    "Use torch.nn.functional.rms_norm or layer_norm, or compile the function.",
    "# before\ny = x * (x.pow(2).mean(-1, keepdim=True) + eps).rsqrt() * w\n\n# after\n"
    "y = F.rms_norm(x, (d,), w, eps)",
    "The result may differ in the last bits where the written form computes in another type."};

enum Variant : std::uint32_t { kIsAttention, kIsNorm };

class Chains {
public:
  Chains(const RuleInput &input, OccurrenceGroups &groups)
      : input_(input), groups_(groups), products_(input, kProducts), softmax_(input, kSoftmax),
        between_(input, kBetween), squares_(input, kSquares), roots_(input, kRoots),
        norm_(input, kNorm) {}

  void find(const CalledRun &run) {
    for (std::size_t i = 0; i < run.ops.size(); ++i) {
      std::size_t last = i;
      if (products_.contains(nameOf(run, i)) && attention(run, i, last))
        add(run, kIsAttention, i, last);
      else if (squares_.contains(nameOf(run, i)) && norm(run, i, last))
        add(run, kIsNorm, i, last);
      i = last;
    }
  }

  // The operators of each chain of a group.
  std::vector<std::vector<std::uint32_t>> chainsOf(const OccurrenceGroup &group) const {
    return chains_.at(&group);
  }

private:
  StringId nameOf(const CalledRun &run, std::size_t i) const {
    return input_.trace->ops.name[run.ops[i].op];
  }
  bool isView(const CalledRun &run, std::size_t i) const {
    return run.ops[i].launches == 0 && run.ops[i].syncs == 0;
  }

  // From `i` on to an operator of `wanted` with only links before it; its position, or 0.
  std::size_t reach(const CalledRun &run, std::size_t i, const NameSet &links,
                    const NameSet &wanted) const {
    const std::size_t end = std::min(run.ops.size(), i + 1 + kFarthest);
    for (std::size_t k = i + 1; k < end; ++k) {
      if (wanted.contains(nameOf(run, k))) return k;
      if (!links.contains(nameOf(run, k)) && !isView(run, k)) return 0;
    }
    return 0;
  }

  bool attention(const CalledRun &run, std::size_t i, std::size_t &last) const {
    const std::size_t softmax = reach(run, i, between_, softmax_);
    if (softmax == 0) return false;
    const std::size_t second = reach(run, softmax, between_, products_);
    if (second == 0) return false;
    last = second;
    return true;
  }

  bool norm(const CalledRun &run, std::size_t i, std::size_t &last) const {
    const std::size_t root = reach(run, i, norm_, roots_);
    if (root == 0) return false;
    last = root;
    for (std::size_t k = root + 1; k < std::min(run.ops.size(), root + 4); ++k)
      if (norm_.contains(nameOf(run, k))) last = k;
    return last > root;
  }

  void add(const CalledRun &run, std::uint32_t variant, std::size_t first, std::size_t last) {
    OccurrenceGroup *group = groups_.addOp(variant, run.ops[first].op);
    if (group == nullptr) return;
    auto &ops = chains_[group].emplace_back();
    for (std::size_t k = first; k <= last; ++k) ops.push_back(run.ops[k].op);
    for (std::size_t k = 1; k < ops.size(); ++k) groups_.extend(*group, ops[k]);
  }

  const RuleInput &input_;
  OccurrenceGroups &groups_;
  std::map<const OccurrenceGroup *, std::vector<std::vector<std::uint32_t>>> chains_;
  NameSet products_, softmax_, between_, squares_, roots_, norm_;
};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  OccurrenceGroups groups(input);
  Chains chains(input, groups);
  for (const CalledRun &called : calledOps(input)) chains.find(called);
  for (const auto &[key, group] : groups) {
    Finding finding = advise(groups, group, group.variant == kIsAttention ? kAttention : kRmsNorm);
    judgeShare(input, group, std::move(finding), costPerStep(input, group), kMaterialShare,
               "a step in these operators", outcome,
               {.kind = FixKind::kFuseOps, .groups = chains.chainsOf(group), .bounded = true});
  }
  return outcome;
}

} // namespace

Rule hl506UnfusedAttention() {
  return {"HL506", "unfused_attention",
          "Attention or a normalisation written out in many operators", run, Needs::kOperators};
}

} // namespace hotloop
