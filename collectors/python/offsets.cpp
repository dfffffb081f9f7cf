#include "collectors/python/offsets.h"

#include <algorithm>
#include <cstring>

namespace hotloop::python {
namespace {

constexpr Offsets kPython311{.currentFrame = 56,
                             .throughCframe = true,
                             .cframeFrame = 8,
                             .frameCode = 32,
                             .framePrevious = 48,
                             .frameInstruction = 56,
                             .frameOwner = 69,
                             .codeFirstLine = 72,
                             .codeFile = 112,
                             .codeQualname = 128,
                             .codeLineTable = 136,
                             .codeFirstTraceable = 168,
                             .codeVersion = 0,
                             .codeInstructions = 184,
                             .textLength = 16,
                             .textState = 32,
                             .textAscii = 48,
                             .textCompact = 72};
constexpr Offsets kPython312{.currentFrame = 56,
                             .throughCframe = true,
                             .cframeFrame = 0,
                             .frameCode = 0,
                             .framePrevious = 8,
                             .frameInstruction = 56,
                             .frameOwner = 70,
                             .codeFirstLine = 68,
                             .codeFile = 112,
                             .codeQualname = 128,
                             .codeLineTable = 136,
                             .codeFirstTraceable = 176,
                             .codeVersion = 92,
                             .codeInstructions = 192,
                             .textLength = 16,
                             .textState = 32,
                             .textAscii = 40,
                             .textCompact = 56};

// Positions of what we need in 3.13's struct _Py_DebugOffsets (pycore_runtime.h), an array of u64
// that starts with the cookie, the version (PY_VERSION_HEX) and the free-threaded flag.
enum Position : std::size_t {
  kVersion = 1,
  kFreeThreaded = 2,
  kThreadCurrentFrame = 23,
  kFramePrevious = 29,
  kFrameExecutable = 30,
  kFrameInstruction = 31,
  kFrameOwner = 33,
  kCodeFile = 35,
  kCodeQualname = 37,
  kCodeLineTable = 38,
  kCodeFirstLine = 39,
  kCodeInstructions = 43,
  kBytesData = 66,
  kTextState = 68,
  kTextLength = 69,
  kTextAscii = 70,
  kPositions = 71,
};

std::optional<Offsets> fromDebugOffsets(const void *runtime) {
  if (runtime == nullptr || std::memcmp(runtime, "xdebugpy", 8) != 0) {
    return std::nullopt;
  }
  std::uint64_t at[kPositions];
  std::memcpy(at, runtime, sizeof at);
  constexpr std::uint64_t kLargest = 4096;
  const bool plausible = std::all_of(at + kThreadCurrentFrame, at + kPositions,
                                     [](std::uint64_t offset) { return offset <= 1u << 20; }) &&
                         at[kTextAscii] <= kLargest && at[kFrameOwner] <= kLargest;
  if (at[kVersion] >> 16 != 0x030d || at[kFreeThreaded] != 0 || !plausible) {
    return std::nullopt;
  }
  Offsets offsets;
  offsets.currentFrame = at[kThreadCurrentFrame];
  offsets.framePrevious = at[kFramePrevious];
  offsets.frameCode = at[kFrameExecutable];
  offsets.frameInstruction = at[kFrameInstruction];
  offsets.frameOwner = at[kFrameOwner];
  offsets.codeFile = at[kCodeFile];
  offsets.codeQualname = at[kCodeQualname];
  offsets.codeLineTable = at[kCodeLineTable];
  offsets.codeFirstLine = at[kCodeFirstLine];
  offsets.codeInstructions = at[kCodeInstructions];
  offsets.codeFirstTraceable =
      at[kCodeInstructions] - 16; // before co_extra, not in the debug offsets
  offsets.codeVersion = 92;
  offsets.bytesData = at[kBytesData];
  offsets.textState = at[kTextState];
  offsets.textLength = at[kTextLength];
  offsets.textAscii = at[kTextAscii];
  offsets.textCompact = at[kTextAscii] + 16; // PyCompactUnicodeObject: utf8_length, utf8
  return offsets;
}

} // namespace

std::optional<Offsets> offsetsFor(int major, int minor, const void *runtime) {
  if (major != 3) {
    return std::nullopt;
  }
  switch (minor) {
  case 11: return kPython311;
  case 12: return kPython312;
  case 13: return fromDebugOffsets(runtime);
  default: return std::nullopt;
  }
}

} // namespace hotloop::python
