#include "core/symbolize/debug_info.h"

#include <algorithm>
#include <cstdlib>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <filesystem>
#include <map>

#include "core/base/unique_handle.h"
#include "core/symbolize/elf_file.h"

namespace hotloop {
namespace {

struct DwarfTraits {
  using Type = Dwarf *;
  static Dwarf *invalid() { return nullptr; }
  static void close(Dwarf *dwarf) { dwarf_end(dwarf); }
};

// Estimated cost of what libdw keeps, for the budget (elfutils 0.188: a line is 48 bytes and a
// pointer).
constexpr std::size_t kBytesPerLine = 56;
constexpr std::size_t kBytesPerUnit = 4096;
// Damaged files nest without end.
constexpr int kDeepest = 128;
constexpr int kOverlapLookback = 8;

struct FunctionRange {
  std::uint64_t low, high;
  std::uint64_t offset; // of the subprogram entry
};

template <class Range>
const Range *covering(const std::vector<Range> &ranges, std::uint64_t address) {
  auto next = std::upper_bound(ranges.begin(), ranges.end(), address,
                               [](std::uint64_t value, const Range &r) { return value < r.low; });
  for (int back = 0; back < kOverlapLookback && next != ranges.begin(); ++back) {
    --next;
    if (address < next->high) return &*next;
  }
  return nullptr;
}

template <class Range> void collectRanges(Dwarf_Die *die, std::vector<Range> &ranges) {
  Dwarf_Addr base = 0;
  Dwarf_Addr low = 0;
  Dwarf_Addr high = 0;
  std::ptrdiff_t at = 0;
  while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
    // The linker resolves ranges of discarded sections to 0.
    if (low != 0 && low < high) ranges.push_back({low, high, dwarf_dieoffset(die)});
  }
}

template <class Range> void sortByLow(std::vector<Range> &ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range &a, const Range &b) { return a.low < b.low; });
  ranges.shrink_to_fit();
}

// libdw gives some names as the compiler was given them: relative to the unit's DW_AT_comp_dir.
std::string normalPath(const char *path, Dwarf_Die &unit) {
  if (path == nullptr) return {};
  std::filesystem::path full(path);
  Dwarf_Attribute attribute;
  if (const char *folder = full.is_relative()
                               ? dwarf_formstring(dwarf_attr(&unit, DW_AT_comp_dir, &attribute))
                               : nullptr)
    full = std::filesystem::path(folder) / full;
  return full.lexically_normal().string();
}

std::uint64_t unsignedAttribute(Dwarf_Die *die, unsigned int name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_formudata(dwarf_attr(die, name, &attribute), &value) != 0) return 0;
  return value;
}

const char *linkageName(Dwarf_Die *die) {
  Dwarf_Attribute attribute;
  for (const unsigned int name : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    const char *text = dwarf_formstring(dwarf_attr_integrate(die, name, &attribute));
    if (text != nullptr) return text;
  }
  return nullptr;
}

// The entry that declares what `die` is an instance of.
Dwarf_Die declarationOf(Dwarf_Die die) {
  for (int depth = 0; depth < kDeepest; ++depth) {
    Dwarf_Attribute attribute;
    Dwarf_Die target;
    if (dwarf_formref_die(dwarf_attr(&die, DW_AT_abstract_origin, &attribute), &target) ==
            nullptr &&
        dwarf_formref_die(dwarf_attr(&die, DW_AT_specification, &attribute), &target) == nullptr) {
      break;
    }
    die = target;
  }
  return die;
}

bool isScope(int tag) {
  return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_class_type ||
         tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

// Calls visit(entry, prefix) for the subprograms of a scope and of the scopes within it.
template <class Visit>
void eachSubprogram(Dwarf_Die *scope, const std::string &prefix, bool types, int depth,
                    const Visit &visit) {
  Dwarf_Die child;
  if (depth > kDeepest || dwarf_child(scope, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    if (tag == DW_TAG_subprogram) visit(child, prefix);
    if (!isScope(tag) || (!types && tag != DW_TAG_namespace && tag != DW_TAG_module)) continue;
    const char *name = dwarf_diename(&child);
    const std::string inner = name != nullptr ? name : "(anonymous namespace)";
    eachSubprogram(&child, prefix + inner + "::", types, depth + 1, visit);
  } while (dwarf_siblingof(&child, &child) == 0);
}

// Appends the inlined calls that cover `address`, outermost first.
bool descend(Dwarf_Die *die, Dwarf_Addr address, int depth, std::vector<Dwarf_Die> &calls) {
  Dwarf_Die child;
  if (depth > kDeepest || dwarf_child(die, &child) != 0) return false;
  do {
    const int tag = dwarf_tag(&child);
    if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block &&
        tag != DW_TAG_try_block && tag != DW_TAG_catch_block) {
      continue;
    }
    if (dwarf_haspc(&child, address) > 0) {
      if (tag == DW_TAG_inlined_subroutine) calls.push_back(child);
      descend(&child, address, depth + 1, calls);
      return true;
    }
    // A block may have no range of its own and yet hold calls that have one.
    const bool unranged = tag != DW_TAG_inlined_subroutine &&
                          !dwarf_hasattr(&child, DW_AT_ranges) &&
                          !dwarf_hasattr(&child, DW_AT_low_pc);
    if (unranged && descend(&child, address, depth + 1, calls)) return true;
  } while (dwarf_siblingof(&child, &child) == 0);
  return false;
}

} // namespace

struct DebugInfo::Unit {
  Dwarf_Die lines = {};     // root entry with the line table
  Dwarf_Die functions = {}; // root entry with the functions: of the .dwo file in split DWARF
  std::vector<FunctionRange> ranges;
  bool scopesKnown = false;
  std::map<std::uint64_t, std::string> scopes; // of declarations without a linkage name
};

struct DebugInfo::Session {
  UniqueHandle<DwarfTraits> dwarf;
  std::map<std::uint64_t, Unit> units;
  std::size_t bytes = 0;

  Unit *unit(std::uint64_t offset);
  DebugFrame name(Unit &unit, Dwarf_Die die);
};

DebugInfo::Unit *DebugInfo::Session::unit(std::uint64_t offset) {
  if (const auto known = units.find(offset); known != units.end()) return &known->second;
  Unit unit;
  if (dwarf_offdie(dwarf.get(), offset, &unit.lines) == nullptr) return nullptr;
  unit.functions = unit.lines;
  std::uint8_t type = 0;
  Dwarf_Die split = {};
  if (dwarf_cu_info(unit.lines.cu, nullptr, &type, nullptr, &split, nullptr, nullptr, nullptr) ==
          0 &&
      type == DW_UT_skeleton && split.addr != nullptr) {
    unit.functions = split;
  }
  eachSubprogram(&unit.functions, {}, false, 0,
                 [&](Dwarf_Die die, const std::string &) { collectRanges(&die, unit.ranges); });
  sortByLow(unit.ranges);

  Dwarf_Lines *lines = nullptr;
  std::size_t lineCount = 0;
  if (dwarf_getsrclines(&unit.lines, &lines, &lineCount) != 0) lineCount = 0;
  bytes += kBytesPerUnit + lineCount * kBytesPerLine + unit.ranges.size() * sizeof(FunctionRange);
  return &units.emplace(offset, std::move(unit)).first->second;
}

DebugFrame DebugInfo::Session::name(Unit &unit, Dwarf_Die die) {
  DebugFrame frame;
  if (const char *linkage = linkageName(&die)) {
    frame.function = linkage;
    frame.qualified = true;
    return frame;
  }
  const char *plain = dwarf_diename(&die);
  if (plain == nullptr) return frame;
  if (!unit.scopesKnown) {
    unit.scopesKnown = true;
    eachSubprogram(&unit.functions, {}, true, 0, [&](Dwarf_Die entry, const std::string &prefix) {
      if (prefix.empty() || linkageName(&entry) != nullptr) return;
      unit.scopes.emplace(dwarf_dieoffset(&entry), prefix);
      bytes += prefix.size() + 100;
    });
  }
  Dwarf_Die declaration = declarationOf(die);
  const auto scope = unit.scopes.find(dwarf_dieoffset(&declaration));
  frame.function = (scope != unit.scopes.end() ? scope->second : std::string()) + plain;
  frame.qualified = scope != unit.scopes.end();
  return frame;
}

DebugInfo::DebugInfo(const ElfFile &file, std::size_t budget) : file_(file), budget_(budget) {}
DebugInfo::~DebugInfo() = default;

std::unique_ptr<DebugInfo> DebugInfo::open(const ElfFile &file, std::size_t budget) {
  if (!file.hasDebugInfo()) return nullptr;
  std::unique_ptr<DebugInfo> info(new DebugInfo(file, budget));
  info->indexUnits();
  return info->ranges_.empty() ? nullptr : std::move(info);
}

void DebugInfo::indexUnits() {
  const UniqueHandle<DwarfTraits> dwarf(dwarf_begin_elf(file_.elf(), DWARF_C_READ, nullptr));
  if (!dwarf) return;
  Dwarf_CU *unit = nullptr;
  Dwarf_Die root;
  while (dwarf_get_units(dwarf.get(), unit, &unit, nullptr, nullptr, &root, nullptr) == 0) {
    if (dwarf_tag(&root) == DW_TAG_compile_unit || dwarf_tag(&root) == DW_TAG_skeleton_unit) {
      collectRanges(&root, ranges_);
    }
  }
  sortByLow(ranges_);
}

std::optional<std::uint64_t> DebugInfo::unitOf(std::uint64_t address) const {
  const UnitRange *range = covering(ranges_, address);
  if (range == nullptr) return std::nullopt;
  return range->offset;
}

std::vector<DebugFrame> DebugInfo::find(std::uint64_t address) {
  const auto offset = unitOf(address);
  if (!offset) return {};
  if (session_ && session_->bytes > budget_ && !session_->units.contains(*offset)) {
    session_.reset();
    ++reopens_;
  }
  if (!session_) {
    session_ = std::make_unique<Session>();
    session_->dwarf.reset(dwarf_begin_elf(file_.elf(), DWARF_C_READ, nullptr));
  }
  Unit *unit = session_->dwarf ? session_->unit(*offset) : nullptr;
  if (unit == nullptr) return {};

  std::string file;
  int number = 0;
  if (Dwarf_Line *line = dwarf_getsrc_die(&unit->lines, address)) {
    file = normalPath(dwarf_linesrc(line, nullptr, nullptr), unit->lines);
    if (dwarf_lineno(line, &number) != 0) number = 0;
  }

  std::vector<Dwarf_Die> entries; // outermost first
  Dwarf_Die function;
  Dwarf *home = dwarf_cu_getdwarf(unit->functions.cu);
  if (const FunctionRange *range = covering(unit->ranges, address);
      range != nullptr && dwarf_offdie(home, range->offset, &function) != nullptr) {
    entries.push_back(function);
    descend(&function, address, 0, entries);
  }

  Dwarf_Files *files = nullptr;
  std::size_t fileCount = 0;
  if (dwarf_getsrcfiles(&unit->functions, &files, &fileCount) != 0) files = nullptr;
  std::vector<DebugFrame> frames;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    DebugFrame frame = session_->name(*unit, *entry);
    frame.file = file;
    frame.line = static_cast<std::uint32_t>(number);
    frames.push_back(std::move(frame));
    // The next frame stands where it made this call.
    const std::uint64_t index = unsignedAttribute(&*entry, DW_AT_call_file);
    file = files != nullptr && index < fileCount
               ? normalPath(dwarf_filesrc(files, index, nullptr, nullptr), unit->lines)
               : std::string();
    number = static_cast<int>(unsignedAttribute(&*entry, DW_AT_call_line));
  }
  if (frames.empty() && !file.empty()) {
    frames.push_back({{}, false, file, static_cast<std::uint32_t>(number)});
  }
  return frames;
}

} // namespace hotloop
