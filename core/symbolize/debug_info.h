#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hotloop {

class ElfFile;

// A place as the debug information has it. function: mangled, or qualified and plain; empty
// unknown.
struct DebugFrame {
  std::string function;
  bool qualified = false; // false: `function` may lack its namespace
  std::string file;
  std::uint32_t line = 0;
};

// DWARF 2 to 5 of one file. What was read of a compile unit stays in memory until `budget` bytes
// (an estimate) are exceeded; then the file is read afresh. Not thread-safe.
class DebugInfo {
public:
  // Null when `file` has no debug information that can be read. `file` must outlive it.
  static std::unique_ptr<DebugInfo> open(const ElfFile &file, std::size_t budget);
  ~DebugInfo();

  // Frames at `address`, innermost first; empty when no compile unit covers it. Only the last one,
  // the function itself, may lack its name.
  std::vector<DebugFrame> find(std::uint64_t address);
  std::uint64_t reopens() const { return reopens_; }

private:
  struct Session; // an open Dwarf and what was read of it
  struct Unit;    // one compile unit of it
  struct UnitRange {
    std::uint64_t low, high; // [low, high)
    std::uint64_t offset;    // of the unit's root entry
  };
  DebugInfo(const ElfFile &file, std::size_t budget);
  void indexUnits();
  std::optional<std::uint64_t> unitOf(std::uint64_t address) const;

  const ElfFile &file_;
  std::size_t budget_;
  std::uint64_t reopens_ = 0;
  std::vector<UnitRange> ranges_; // sorted by low
  std::unique_ptr<Session> session_;
};

} // namespace hotloop
