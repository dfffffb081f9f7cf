#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/export/run_entities.h"
#include "core/store/database.h"

namespace hotloop {

// Python call stacks as torch.profiler writes them: "file(line): function" per frame, innermost
// first, ';' between. Native frames have no place in them.
class PythonStacks {
public:
  // `run` must outlive the result.
  static Result<PythonStacks> read(Database &database, const RunEntities &run);

  // Of a stack; where it has no Python frame, of the one frame `location`; "" without either. Valid
  // until the next call.
  std::string_view text(std::int64_t stack, std::int64_t location);

private:
  struct Node {
    std::uint32_t parent = 0;
    std::uint32_t frame = 0;
  };
  std::vector<std::string> frames_; // "" for native ones
  std::vector<Node> nodes_;
  std::unordered_map<std::int64_t, std::string> texts_;
  std::size_t bytes_ = 0;
};

} // namespace hotloop
