#include "collectors/import/kineto/names.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "collectors/import/kineto/event.h"
#include "collectors/import/python_files.h"

namespace hotloop::kineto {

namespace {

constexpr std::size_t kMostBytes = 16u << 20;
constexpr std::size_t kMostNodes = 1u << 20;
constexpr std::size_t kDeepestStack = 512;

std::uint8_t memoryKind(std::string_view word) {
  if (word.starts_with("Pageable")) return 1;
  if (word.starts_with("Pinned")) return 2;
  if (word.starts_with("Device")) return 3;
  if (word.starts_with("Array")) return 4;
  if (word.starts_with("Managed")) return 5;
  return 0;
}

std::uint8_t copyKind(std::string_view name) {
  constexpr std::pair<std::string_view, std::uint8_t> kKinds[] = {
      {"HtoD", 1}, {"DtoH", 2}, {"HtoA", 3}, {"AtoH", 4}, {"AtoA", 5},
      {"AtoD", 6}, {"DtoA", 7}, {"DtoD", 8}, {"HtoH", 9}, {"PtoP", 10}};
  for (const auto &[word, kind] : kKinds)
    if (name.find(word) != std::string_view::npos) return kind;
  return 0;
}

CopyName copyOf(std::string_view name) {
  CopyName copy;
  copy.copyKind = copyKind(name);
  const auto open = name.find('(');
  const auto arrow = name.find(" -> ");
  if (open == std::string_view::npos || arrow == std::string_view::npos || arrow < open)
    return copy;
  copy.sourceKind = memoryKind(name.substr(open + 1));
  copy.destinationKind = memoryKind(name.substr(arrow + 4));
  return copy;
}

} // namespace

const Names::Entry &Names::entry(Map &map, std::string_view escaped, auto &&fill) {
  if (const auto known = map.find(escaped); known != map.end()) return known->second;
  if (bytes_ > kMostBytes) {
    for (Map *each : {&texts_, &calls_, &copies_, &functions_, &stacks_}) each->clear();
    bytes_ = 0;
  }
  bytes_ += escaped.size() + sizeof(Entry) + 64;
  Entry made;
  std::string text(unescaped(escaped, room_));
  fill(std::string_view(text), made);
  return map.emplace(escaped, made).first->second;
}

StringId Names::text(std::string_view escaped) {
  return entry(texts_, escaped,
               [&](std::string_view text, Entry &made) { made.id = sink_.intern(text); })
      .id;
}

CallName Names::call(std::string_view escaped) {
  return entry(calls_, escaped,
               [&](std::string_view text, Entry &made) {
                 const std::string_view name = withoutVersion(text);
                 made.call = {sink_.intern(name), callRole(name)};
               })
      .call;
}

CopyName Names::copy(std::string_view escaped) {
  return entry(copies_, escaped,
               [](std::string_view text, Entry &made) { made.copy = copyOf(text); })
      .copy;
}

FrameId Names::frameId(std::string_view text, bool &user) {
  if (const auto known = frames_.find(text); known != frames_.end()) {
    user = known->second.second;
    return known->second.first;
  }
  user = false;
  // file.py(12): function
  const auto close = text.find("): ");
  const auto open = close == std::string_view::npos ? close : text.rfind('(', close);
  if (open == std::string_view::npos || open == 0 || frames_.size() >= kMostNodes) return {};
  FrameRow row;
  const auto parsed = std::from_chars(text.data() + open + 1, text.data() + close, row.line);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + close) return {};
  const std::string_view file = text.substr(0, open);
  row.id = FrameId(++lastFrame_);
  row.kind = FrameKind::kPython;
  row.file = sink_.intern(file);
  row.function = sink_.intern(text.substr(close + 3));
  row.user = user = isPythonUserFile(file);
  sink_.add(row);
  frames_.emplace(text, std::pair(row.id, user));
  return row.id;
}

FrameId Names::pythonFunction(std::string_view escaped) {
  return entry(functions_, escaped,
               [&](std::string_view text, Entry &made) {
                 bool user = false;
                 const FrameId frame = frameId(text, user);
                 if (user) made.frame = frame;
               })
      .frame;
}

Names::PythonStack Names::callStack(std::string_view escaped) {
  return entry(stacks_, escaped,
               [&](std::string_view text, Entry &made) {
                 std::vector<FrameId> frames; // innermost first
                 while (!text.empty() && frames.size() < kDeepestStack) {
                   const auto end = std::min(text.find(';'), text.size());
                   bool user = false;
                   const FrameId frame = frameId(text.substr(0, end), user);
                   if (frame) frames.push_back(frame);
                   if (user && !made.stack.location) made.stack.location = frame;
                   text.remove_prefix(std::min(end + 1, text.size()));
                 }
                 StackRow row;
                 for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
                   const std::uint64_t key = std::uint64_t{row.id.value} << 32 | frame->value;
                   const auto known = nodes_.find(key);
                   row.parent = row.id;
                   row.frame = *frame;
                   row.depth = static_cast<std::uint16_t>(frame - frames.rbegin());
                   if (known != nodes_.end()) {
                     row.id = known->second;
                     continue;
                   }
                   if (nodes_.size() >= kMostNodes) break;
                   row.id = StackId(++lastStack_);
                   nodes_.emplace(key, row.id);
                   sink_.add(row);
                 }
                 made.stack.stack = row.id;
               })
      .stack;
}

} // namespace hotloop::kineto
