#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gui/data/run_document.h"

namespace hotloop::gui {

// Per steady step.
struct LineCost {
  std::uint32_t line = 0;
  std::int64_t selfTime = 0; // ns
  double operators = 0, launches = 0, hostSyncs = 0, allocations = 0;
  std::vector<int> findings; // ranks, from 1
};
struct SourceFile {
  std::string path;            // as recorded
  std::vector<LineCost> lines; // by line
  std::int64_t selfTime = 0;   // of all lines
};

// Files with costs, dearest first.
std::vector<SourceFile> sourceFiles(const RunDocument &document);

// The text of a file: as recorded, below the run's working directory, or beside the run. `where` is
// the path that was read; empty when it is not here. At most `mostLines`.
std::vector<std::string> readSource(const RunDocument &document, const std::string &path,
                                    std::size_t mostLines, std::string &where);

} // namespace hotloop::gui
