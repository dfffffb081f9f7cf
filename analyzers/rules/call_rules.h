#pragma once

#include <optional>
#include <span>

#include "analyzers/rules/occurrences.h"

namespace hotloop {

// Most rules about CUDA calls test single calls and make one finding of those of a place. Such a
// rule is a table of its variants; a call goes to the first that matches.
struct CallVariant {
  Advice advice;
  bool (*matches)(const RuleInput &input, std::uint32_t call) = nullptr;
  FixKind fix = FixKind::kRemoveCalls;
  double leastPerStep = 1; // calls; fewer are not worth it
  double leastBytes = 0;   // copied per step; fewer are not worth it
};
RuleOutcome judgeCalls(const RuleInput &input, std::span<const CallVariant> variants);

// The copy that a call started, if any.
std::optional<DeviceItem> copyOf(const RuleInput &input, std::uint32_t call);

enum class CopyDirection : std::uint8_t { kOther, kToDevice, kToHost };
CopyDirection directionOf(const RuleInput &input, std::uint32_t call);
std::uint64_t copiedBytes(const RuleInput &input, std::uint32_t call);
// Does the copy read or write pageable memory of the host?
bool isPageable(const RuleInput &input, std::uint32_t call);

// The wait that PyTorch and many programs put right behind a copy: the next call of the thread,
// when it waits and begins within 60 us; else kNoIndex.
std::uint32_t waitBehind(const RuleInput &input, std::uint32_t call);

// Median duration of the plain launches in steady steps, ns; 0 without any.
double medianLaunch(const RuleInput &input);

} // namespace hotloop
