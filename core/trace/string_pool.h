#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/ids.h"

namespace hotloop {

// Texts held once, by dense id; id 0 is "". Views stay valid for the life of the pool. Not
// thread-safe for writing; const access from many threads is fine.
class StringPool {
public:
  StringPool();
  StringPool(StringPool &&) = default;
  StringPool &operator=(StringPool &&) = default;

  StringId intern(std::string_view text);
  // The id of `text`, or none (0) when it is not in the pool.
  StringId find(std::string_view text) const;
  // "" for an id that the pool does not know.
  std::string_view text(StringId id) const;
  // Number of ids in use, the empty string included.
  std::size_t size() const { return texts_.size(); }

private:
  std::deque<std::string> storage_;
  std::vector<std::string_view> texts_;
  std::unordered_map<std::string_view, StringId> ids_;
};

} // namespace hotloop
