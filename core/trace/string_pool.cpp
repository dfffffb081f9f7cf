#include "core/trace/string_pool.h"

namespace hotloop {

StringPool::StringPool() { intern(""); }

StringId StringPool::intern(std::string_view text) {
  if (auto known = ids_.find(text); known != ids_.end()) return known->second;
  const StringId id(static_cast<std::uint32_t>(texts_.size()));
  const std::string_view stored = storage_.emplace_back(text);
  texts_.push_back(stored);
  ids_.emplace(stored, id);
  return id;
}

StringId StringPool::find(std::string_view text) const {
  const auto known = ids_.find(text);
  return known == ids_.end() ? StringId() : known->second;
}

std::string_view StringPool::text(StringId id) const {
  return id.value < texts_.size() ? texts_[id.value] : std::string_view();
}

} // namespace hotloop
