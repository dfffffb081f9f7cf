#include "collectors/inject/call_sites.h"

namespace hotloop {
namespace {

// About 20 MB with the tables at their bounds.
constexpr std::size_t kMostFrames = 100'000;
constexpr std::size_t kMostStacks = 200'000;

} // namespace

std::uint32_t CallSites::addModule(std::string_view path, std::span<const std::uint8_t> buildId) {
  auto [known, isNew] = moduleNumbers_.try_emplace(
      {std::string(path), std::vector<std::uint8_t>(buildId.begin(), buildId.end())},
      static_cast<std::uint32_t>(modules_.size() + 1));
  if (isNew) modules_.push_back({known->first.first, sink_.intern(path), known->first.second});
  return known->second;
}

FrameId CallSites::newFrame() {
  if (python_.size() + nativeFrames_.size() >= kMostFrames) {
    ++refused_;
    return {};
  }
  const FrameId id = nextFrame_;
  ++nextFrame_.value;
  return id;
}

FrameId CallSites::pythonFrame(StringId function, StringId file, std::uint32_t line, bool user) {
  const Key key{(std::uint64_t(function.value) << 32) | file.value,
                (std::uint64_t(line) << 1) | (user ? 1u : 0u)};
  if (const auto known = python_.find(key); known != python_.end()) return known->second;
  const FrameId id = newFrame();
  if (!id) return id;
  python_.emplace(key, id);
  FrameRow row;
  row.id = id;
  row.kind = FrameKind::kPython;
  row.function = function;
  row.file = file;
  row.line = line;
  row.user = user;
  sink_.add(row);
  return id;
}

FrameId CallSites::nativeFrame(std::uint32_t module, std::uint64_t offset) {
  const Key key{module, offset};
  if (const auto known = native_.find(key); known != native_.end()) return known->second;
  const FrameId id = newFrame();
  if (!id) return id;
  native_.emplace(key, id);
  nativeFrames_.push_back({id, 0, offset});
  settle(id, module, offset);
  return id;
}

FrameId CallSites::unknownFrame(std::uint64_t address) {
  const FrameId id = newFrame();
  if (!id) return id;
  nativeFrames_.push_back({id, 0, address});
  FrameRow row;
  row.id = id;
  row.kind = FrameKind::kNative;
  row.offset = address;
  sink_.add(row);
  return id;
}

void CallSites::settle(FrameId frame, std::uint32_t module, std::uint64_t offset) {
  FrameRow row;
  row.id = frame;
  row.kind = FrameKind::kNative;
  row.module = modules_[module - 1].pathId;
  row.offset = offset;
  sink_.add(row);
  for (auto native = nativeFrames_.rbegin(); native != nativeFrames_.rend(); ++native)
    if (native->id == frame) {
      native->module = module;
      native->offset = offset;
      break;
    }
}

StackId CallSites::child(StackId parent, FrameId frame) {
  const Key key{parent.value, frame.value};
  if (const auto known = stacks_.find(key); known != stacks_.end()) return known->second;
  if (stacks_.size() >= kMostStacks) {
    ++refused_;
    return {};
  }
  StackRow row;
  row.id = StackId(static_cast<std::uint32_t>(depths_.size()));
  row.parent = parent;
  row.frame = frame;
  row.depth = parent ? static_cast<std::uint16_t>(depths_[parent.value] + 1) : std::uint16_t(0);
  depths_.push_back(row.depth);
  stacks_.emplace(key, row.id);
  sink_.add(row);
  return row.id;
}

} // namespace hotloop
