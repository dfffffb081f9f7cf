#include <array>

#include "analyzers/rules/call_rules.h"
#include "analyzers/rules/stack_frames.h"

namespace hotloop {

namespace {

enum Variant : std::uint32_t { kItem, kBranch, kPrint, kCopied };

// A copy to the host of no more than this is a number, not data.
constexpr std::uint64_t kScalarBytes = 64;
constexpr std::uint8_t kPinned = 2; // CUPTI's kind of memory

struct VariantText {
  std::string_view name, title, fix, code, mayNotPay;
};

constexpr std::array<VariantText, 4> kTexts = {{
    {"item", "Scalar read back in every step",
     "Keep the value on the device and read it every few hundred steps, or at the end.",
     "# before\ntotal += loss.item()\n\n# after\ntotal += loss.detach()    # stays on the device\n"
     "if step % 100 == 0:\n    print((total / 100).item())\n    total.zero_()",
     "A single read at the very end of a step, when the device has little left to do, waits for "
     "little."},
    {"branch", "Branch on a tensor's value in every step",
     "Compute both sides and choose with torch.where, or decide on the host from values it has.",
     "# before\nif (x > limit).any():\n    x = clip(x)\n\n# after\n"
     "x = torch.where((x > limit).any(), clip(x), x)",
     "Computing both sides costs more than the wait when the skipped side is large and rarely "
     "needed."},
    {"print", "Tensor printed in every step",
     "Print every few hundred steps, and print numbers that were collected on the device.",
     "# before\nprint(loss)\n\n# after\nif step % 100 == 0:\n    print(loss.item())",
     "A program that is watched by hand may be worth the wait."},
    {"copy", "A few bytes are copied back and waited for in every step",
     "Keep the value on the device, or copy it into pinned memory and read it a step later.",
     "// before\ncudaMemcpy(&loss, device_loss, 4, cudaMemcpyDeviceToHost);\n\n// after: pinned, "
     "two slots in turn\ncudaMemcpyAsync(&pinned[i % 2], device_loss, 4, cudaMemcpyDeviceToHost, "
     "stream);\nif (i > 0) use(pinned[(i - 1) % 2]);   // after an event of step i - 1",
     "A value that the host decides on at once has to be waited for."},
}};

// Does the value end up as text? Printing runs operators under the formatter of PyTorch or under a
// stream operator of C++; every read there has the one cause.
bool isFormatter(const FrameText &frame) {
  if (frame.file.ends_with("torch/_tensor_str.py")) return true;
  if (frame.kind == FrameKind::kNative)
    return frame.function.find("operator<<") != frame.function.npos;
  const std::string_view name = frame.function.substr(frame.function.rfind('.') + 1);
  return name == "print" || name == "__repr__" || name == "__format__" || name == "__str__";
}

class Finder {
public:
  explicit Finder(const RuleInput &input)
      : input_(input), formatter_(input.trace, isFormatter),
        isNonzero_(input.name("aten::is_nonzero")), to_(input.name("aten::to")) {}

  // torch.optim keeps its step counts on the host whatever the device (unless it is fused or
  // capturable), so reading them in Optimizer.step waits for nothing.
  bool readsHostState(std::uint32_t op) const {
    return findEnclosing(input_.ops, op, [&](std::uint32_t up) {
             return input_.trace.text(input_.trace->ops.name[up]).starts_with("Optimizer.step#");
           }) != kNoIndex;
  }

  // The stream operator of C++ first moves the tensor to the host. On the CPU that is a conversion
  // with no read in it, known by the block it takes; kNoIndex: another allocation.
  std::uint32_t streamedTensor(std::uint32_t allocation) const {
    const StackId stack = input_.trace->allocations.stack[allocation];
    const std::uint32_t op = input_.allocations.op[allocation];
    if (!stack || op == kNoIndex || !input_.steady(input_.allocations.step[allocation]) ||
        !formatter_.inStack(stack))
      return kNoIndex;
    const std::uint32_t called = outermostOperator(input_.ops, op);
    return input_.trace->ops.name[called] == to_ && !input_.trace->ops.location[called] ? called
                                                                                        : kNoIndex;
  }

  // What a read-back is, seen from the operator that the program called; kNoIndex: another rule's.
  std::uint32_t variantOf(std::uint32_t op, std::uint32_t &called) const {
    called = op;
    bool branch = false;
    bool dynamic = false;
    const auto &rows = input_.trace->ops;
    for (std::uint32_t up = op; up != kNoIndex && input_.ops.isOperator[up] != 0;
         up = input_.ops.parent[up]) {
      const OperatorTrait traits = input_.ops.traitsOfName[rows.name[up].value];
      if (has(traits, OperatorTrait::kDynamicShape)) dynamic = true;
      if (rows.name[up] == isNonzero_) branch = true;
      // item() and is_nonzero() are but ways to say it; what calls them has work of its own.
      if (up == op || has(traits, OperatorTrait::kComposite))
        called = up;
      else
        break;
    }
    if (underFormatter(op)) return kPrint;
    if (dynamic) return kNoIndex;
    return branch ? kBranch : kItem;
  }

private:
  bool underFormatter(std::uint32_t op) const {
    const auto &rows = input_.trace->ops;
    const std::uint32_t withStack = findEnclosing(input_.ops, op, [&](std::uint32_t up) {
      return static_cast<bool>(rows.stack[up]) || static_cast<bool>(rows.location[up]);
    });
    if (withStack == kNoIndex) return false;
    return formatter_.inStack(rows.stack[withStack]) || formatter_.frame(rows.location[withStack]);
  }

  const RuleInput &input_;
  FrameMatch formatter_;
  StringId isNonzero_, to_;
};

// In a program without PyTorch a read-back is a small copy that the host waits for.
void addCopies(const RuleInput &input, OccurrenceGroups &groups) {
  for (std::uint32_t call = 0; call < input.device.calls(); ++call) {
    if (!input.steady(input.device.step[call]) || input.device.op[call] != kNoIndex ||
        directionOf(input, call) != CopyDirection::kToHost ||
        copiedBytes(input, call) > kScalarBytes)
      continue;
    const std::uint32_t wait = waitBehind(input, call);
    // A copy into pinned memory returns at once, however soon the device is done with it.
    const bool pinned = input.trace->memcpys.destinationKind[copyOf(input, call)->row] == kPinned;
    const bool blocks = !isAsyncForm(input.trace.text(input.trace->apis.name[call])) ||
                        (input.device.waited[call] > 0 && !pinned);
    if (wait == kNoIndex && !blocks) continue;
    OccurrenceGroup *group = groups.addCall(kCopied, call);
    if (group == nullptr) continue;
    group->syncs[groups.positionOf(input.device.step[call])] += 1;
    if (wait != kNoIndex) groups.extendCall(*group, wait);
  }
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  if (input.ops.size() == 0 && input.device.calls() == 0) {
    outcome.notChecked = "The run has neither operator records nor CUDA calls.";
    return outcome;
  }
  const Finder finder(input);
  OccurrenceGroups groups(input);
  for (std::uint32_t op = 0; op < input.ops.size(); ++op) {
    if (input.ops.hostSync[op] == 0 || !input.steady(input.ops.step[op])) continue;
    if (input.claimedOps[op] != 0 || finder.readsHostState(op)) continue;
    std::uint32_t called = op;
    const std::uint32_t variant = finder.variantOf(op, called);
    if (variant == kNoIndex) continue;
    OccurrenceGroup *group = groups.addOp(variant, called, 1);
    if (group != nullptr && called != op) group->ops.push_back(op);
  }
  for (std::uint32_t row = 0; row < input.allocations.size(); ++row) {
    const std::uint32_t called = finder.streamedTensor(row);
    if (called != kNoIndex) groups.addOp(kPrint, called, 1);
  }
  addCopies(input, groups);
  for (const auto &[key, group] : groups) {
    const VariantText &text = kTexts[group.variant];
    Finding finding = groups.finding(group);
    finding.variant = text.name;
    finding.title = text.title;
    finding.fix = text.fix;
    finding.fixCode = text.code;
    finding.mayNotPay = text.mayNotPay;
    judge(input, group, std::move(finding), false, outcome, FixKind::kRemoveSync);
  }
  return outcome;
}

} // namespace

Rule hl101ScalarReadback() {
  return {"HL101", "scalar_readback",
          "A value is read back to the host in every step: item(), a branch, print()", run};
}

} // namespace hotloop
