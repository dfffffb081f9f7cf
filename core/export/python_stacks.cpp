#include "core/export/python_stacks.h"

#include <algorithm>

#include "core/trace/tables/entity_tables.h"

namespace hotloop {

namespace {

constexpr std::size_t kMostTextBytes = 32u << 20;
constexpr std::int64_t kMostIds = 100'000'000;
constexpr int kDeepest = 4096;

} // namespace

Result<PythonStacks> PythonStacks::read(Database &database, const RunEntities &run) {
  PythonStacks stacks;
  stacks.frames_.resize(1);
  stacks.nodes_.resize(1);
  HOTLOOP_TRY(database.forEach(
      "SELECT id, kind, function, file, line FROM frame", [&](const Database::Row &row) {
        const std::int64_t id = row.integer(0);
        if (id < 0 || id > kMostIds) return;
        if (stacks.frames_.size() <= static_cast<std::size_t>(id))
          stacks.frames_.resize(static_cast<std::size_t>(id) + 1);
        if (row.integer(1) != static_cast<std::int64_t>(FrameKind::kPython)) return;
        std::string &text = stacks.frames_[static_cast<std::size_t>(id)];
        text = run.text(row.integer(3));
        text += "(" + std::to_string(row.integer(4)) + "): ";
        text += run.text(row.integer(2));
      }));
  HOTLOOP_TRY(
      database.forEach("SELECT id, parent, frame FROM stack", [&](const Database::Row &row) {
        const std::int64_t id = row.integer(0);
        if (id < 0 || id > kMostIds) return;
        if (stacks.nodes_.size() <= static_cast<std::size_t>(id))
          stacks.nodes_.resize(static_cast<std::size_t>(id) + 1);
        stacks.nodes_[static_cast<std::size_t>(id)] = {static_cast<std::uint32_t>(row.integer(1)),
                                                       static_cast<std::uint32_t>(row.integer(2))};
      }));
  return stacks;
}

std::string_view PythonStacks::text(std::int64_t stack, std::int64_t location) {
  if (stack <= 0 && location <= 0) return {};
  const std::int64_t key = stack > 0 ? stack : -location;
  const auto known = texts_.find(key);
  if (known != texts_.end()) return known->second;
  if (bytes_ > kMostTextBytes) {
    texts_.clear();
    bytes_ = 0;
  }
  std::string text;
  const auto add = [&](std::uint64_t frame) {
    if (frame >= frames_.size() || frames_[frame].empty()) return;
    if (!text.empty()) text += ';';
    text += frames_[frame];
  };
  std::uint64_t node = stack > 0 ? static_cast<std::uint64_t>(stack) : 0;
  for (int depth = 0; node != 0 && node < nodes_.size() && depth < kDeepest; ++depth) {
    add(nodes_[node].frame);
    node = nodes_[node].parent;
  }
  if (text.empty() && location > 0) add(static_cast<std::uint64_t>(location));
  bytes_ += text.size() + 64;
  return texts_.emplace(key, std::move(text)).first->second;
}

} // namespace hotloop
