#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/ids.h"

namespace hotloop {

// Text to id with bounded memory: two generations, the older one forgotten when the younger is
// full. A text that is still in use moves to the younger one when it is looked up.
class InternCache {
public:
  explicit InternCache(std::size_t maxBytes) : maxGenerationBytes_(maxBytes / 2) {}

  // The id of `text`, or none (0) when it is not, or no longer, known.
  StringId find(std::string_view text);
  void insert(std::string_view text, StringId id);

private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using Map = std::unordered_map<std::string, StringId, Hash, std::equal_to<>>;

  std::size_t maxGenerationBytes_;
  std::size_t youngBytes_ = 0;
  Map young_;
  Map old_;
};

} // namespace hotloop
