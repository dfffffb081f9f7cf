#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/unique_handle.h"

struct Elf;

namespace hotloop {

struct DescriptorTraits {
  using Type = int;
  static int invalid() { return -1; }
  static void close(int descriptor);
};
struct ElfTraits {
  using Type = Elf *;
  static Elf *invalid() { return nullptr; }
  static void close(Elf *elf);
};

// One mapped ELF file, opened for reading. Not thread-safe.
class ElfFile {
public:
  // Null when there is no such regular file, or it is no ELF file.
  static std::unique_ptr<ElfFile> open(const std::string &path);

  Elf *elf() const { return elf_.get(); }
  // Bytes of the build-id note; empty when the file has none. Valid while the file is open.
  std::span<const std::uint8_t> buildId() const;
  bool hasDebugInfo() const;
  bool hasFullSymbols() const; // .symtab, not only the dynamic symbols
  // The separate debug file of `file` (opened from `path`): by build id below `debugRoot`, then by
  // .gnu_debuglink in the places that gdb looks. Null when none matches its build id.
  static std::unique_ptr<ElfFile> openDebugFile(const ElfFile &file, const std::string &path,
                                                const std::string &debugRoot);

private:
  ElfFile() = default;
  bool hasSection(const char *name, std::uint32_t type) const;

  UniqueHandle<DescriptorTraits> descriptor_;
  UniqueHandle<ElfTraits> elf_;
};

// The functions of a symbol table by address: 16 bytes a function, names stay in the file.
class SymbolIndex {
public:
  // Reads .symtab of `file`, or .dynsym when it has none. `file` must outlive the index.
  explicit SymbolIndex(const ElfFile &file);

  // Mangled name of the function that covers `address`; null when none does.
  const char *find(std::uint64_t address) const;

private:
  struct Entry {
    std::uint64_t address;
    std::uint32_t size; // 0: up to the next one
    std::uint32_t name; // offset in the string table
  };
  const ElfFile &file_;
  std::size_t strings_ = 0; // section number of the string table
  std::vector<Entry> entries_;
  std::uint64_t end_ = 0; // end of the last executable segment
};

} // namespace hotloop
