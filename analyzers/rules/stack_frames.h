#pragma once

#include <string_view>
#include <vector>

#include "core/trace/trace_view.h"

namespace hotloop {

struct FrameText {
  FrameKind kind = FrameKind::kNative;
  std::string_view function;
  std::string_view file;
};

// Which frames a test holds for, and which stacks contain such a frame. Decided once per frame and
// per stack, so asking is cheap. Inlined callers count as frames of the stack.
class FrameMatch {
public:
  using Test = bool (*)(const FrameText &frame);
  FrameMatch(const TraceView &trace, Test test);

  bool frame(FrameId id) const;
  // Does `stack`, or a caller of it, hold such a frame?
  bool inStack(StackId stack) const;

private:
  std::vector<bool> frames_;         // by frame id - 1
  std::vector<std::uint8_t> stacks_; // by stack id - 1
};

} // namespace hotloop
