#include "core/store/intern_cache.h"

#include <utility>

namespace hotloop {

namespace {

// What a node of the map costs beside the text.
constexpr std::size_t kNodeBytes = 96;

} // namespace

StringId InternCache::find(std::string_view text) {
  if (const auto known = young_.find(text); known != young_.end()) return known->second;
  const auto known = old_.find(text);
  if (known == old_.end()) return {};
  const StringId id = known->second;
  insert(text, id);
  return id;
}

void InternCache::insert(std::string_view text, StringId id) {
  const std::size_t bytes = text.size() + kNodeBytes;
  std::string owned(text); // `text` may live in the generation that goes
  if (youngBytes_ + bytes > maxGenerationBytes_) {
    old_ = std::exchange(young_, Map());
    youngBytes_ = 0;
  }
  youngBytes_ += bytes;
  young_.insert_or_assign(std::move(owned), id);
}

} // namespace hotloop
