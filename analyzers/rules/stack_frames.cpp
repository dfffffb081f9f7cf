#include "analyzers/rules/stack_frames.h"

namespace hotloop {

FrameMatch::FrameMatch(const TraceView &trace, Test test) {
  const auto &frames = trace->frames;
  frames_.resize(frames.id.size());
  for (std::size_t i = 0; i < frames_.size(); ++i)
    frames_[i] = test({frames.kind[i], trace.text(frames.function[i]), trace.text(frames.file[i])});
  // Callers that a frame was inlined into lie on every stack that the frame lies on.
  std::vector<bool> own = frames_;
  for (std::size_t i = 0; i < own.size(); ++i) {
    FrameId outer = frames.inlinedInto[i];
    for (int guard = 0; outer && outer.value <= frames_.size() && guard < 64; ++guard) {
      if (frames_[outer.value - 1]) own[i] = true;
      outer = frames.inlinedInto[outer.value - 1];
    }
  }

  enum : std::uint8_t { kNo, kYes, kOpen, kBusy };
  const auto &stacks = trace->stacks;
  stacks_.assign(stacks.id.size(), kOpen);
  std::vector<std::uint32_t> path;
  for (std::uint32_t i = 0; i < stacks_.size(); ++i) {
    std::uint8_t found = kNo;
    path.clear();
    for (std::uint32_t at = i;;) {
      if (stacks_[at] != kOpen) {
        found = stacks_[at] == kYes ? kYes : kNo; // busy: a cycle in a damaged file
        break;
      }
      stacks_[at] = kBusy;
      path.push_back(at);
      const std::uint32_t frame = stacks.frame[at].value;
      if (frame != 0 && frame <= own.size() && own[frame - 1]) {
        found = kYes;
        break;
      }
      const std::uint32_t parent = stacks.parent[at].value;
      if (parent == 0 || parent > stacks_.size()) break;
      at = parent - 1;
    }
    for (const std::uint32_t node : path) stacks_[node] = found;
  }
}

bool FrameMatch::frame(FrameId id) const {
  return id.value != 0 && id.value <= frames_.size() && frames_[id.value - 1];
}

bool FrameMatch::inStack(StackId stack) const {
  return stack.value != 0 && stack.value <= stacks_.size() && stacks_[stack.value - 1] == 1;
}

} // namespace hotloop
