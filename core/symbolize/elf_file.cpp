#include "core/symbolize/elf_file.h"

#include <algorithm>
#include <cstring>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hotloop {
namespace {

// Executables nest few symbols in others (assembler labels); this far back an enclosing one is
// found.
constexpr int kEnclosingLookback = 8;

bool sameBytes(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

} // namespace

void DescriptorTraits::close(int descriptor) { ::close(descriptor); }
void ElfTraits::close(Elf *elf) { elf_end(elf); }

std::unique_ptr<ElfFile> ElfFile::open(const std::string &path) {
  if (elf_version(EV_CURRENT) == EV_NONE) return nullptr;
  std::unique_ptr<ElfFile> file(new ElfFile);
  // Not blocking: the path of a mapping may have become a FIFO.
  file->descriptor_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status = {};
  if (!file->descriptor_ || fstat(file->descriptor_.get(), &status) != 0 ||
      !S_ISREG(status.st_mode)) {
    return nullptr;
  }
  file->elf_.reset(elf_begin(file->descriptor_.get(), ELF_C_READ_MMAP, nullptr));
  if (!file->elf_ || elf_kind(file->elf()) != ELF_K_ELF) return nullptr;
  return file;
}

std::span<const std::uint8_t> ElfFile::buildId() const {
  const void *bytes = nullptr;
  const ssize_t length = dwelf_elf_gnu_build_id(elf(), &bytes);
  if (length <= 0) return {};
  return {static_cast<const std::uint8_t *>(bytes), static_cast<std::size_t>(length)};
}

bool ElfFile::hasSection(const char *name, std::uint32_t type) const {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf(), &names) != 0) return false;
  for (Elf_Scn *section = nullptr; (section = elf_nextscn(elf(), section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != type) continue;
    if (name == nullptr) return true;
    const char *text = elf_strptr(elf(), names, header.sh_name);
    if (text != nullptr && std::strcmp(text, name) == 0) return true;
  }
  return false;
}

bool ElfFile::hasDebugInfo() const {
  return hasSection(".debug_info", SHT_PROGBITS) || hasSection(".zdebug_info", SHT_PROGBITS);
}

bool ElfFile::hasFullSymbols() const { return hasSection(nullptr, SHT_SYMTAB); }

std::unique_ptr<ElfFile> ElfFile::openDebugFile(const ElfFile &file, const std::string &path,
                                                const std::string &debugRoot) {
  const auto wanted = file.buildId();
  std::vector<std::string> candidates;
  if (wanted.size() > 1) {
    std::string hex;
    for (const std::uint8_t byte : wanted) hex += fmt::format("{:02x}", byte);
    candidates.push_back(
        fmt::format("{}/.build-id/{}/{}.debug", debugRoot, hex.substr(0, 2), hex.substr(2)));
  }
  GElf_Word checksum = 0;
  if (const char *link = dwelf_elf_gnu_debuglink(file.elf(), &checksum);
      link != nullptr && *link != '\0') {
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    candidates.push_back(folder + link);
    candidates.push_back(folder + ".debug/" + link);
    if (folder.starts_with('/')) candidates.push_back(debugRoot + folder + link);
  }
  for (const std::string &candidate : candidates) {
    if (candidate == path) continue;
    auto debug = open(candidate);
    // A file without build ids on both sides cannot be checked cheaply (its checksum means reading
    // all of it), so it is not believed.
    if (debug && debug->hasDebugInfo() && !wanted.empty() && sameBytes(debug->buildId(), wanted)) {
      return debug;
    }
  }
  return nullptr;
}

SymbolIndex::SymbolIndex(const ElfFile &file) : file_(file) {
  std::size_t segments = 0;
  if (elf_getphdrnum(file.elf(), &segments) != 0) segments = 0;
  for (std::size_t i = 0; i < segments; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(file.elf(), static_cast<int>(i), &header) != nullptr &&
        header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0) {
      end_ = std::max(end_, header.p_vaddr + header.p_memsz);
    }
  }

  const std::uint32_t wanted = file.hasFullSymbols() ? SHT_SYMTAB : SHT_DYNSYM;
  for (Elf_Scn *section = nullptr; (section = elf_nextscn(file.elf(), section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != wanted) continue;
    Elf_Data *data = elf_getdata(section, nullptr);
    if (data == nullptr || header.sh_entsize == 0) continue;
    strings_ = header.sh_link;
    const auto count =
        static_cast<int>(std::min<std::size_t>(data->d_size / header.sh_entsize, 1u << 30));
    GElf_Sym symbol;
    for (int i = 0; i < count && gelf_getsym(data, i, &symbol) != nullptr; ++i) {
      const auto type = GELF_ST_TYPE(symbol.st_info);
      if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol.st_shndx == SHN_UNDEF) continue;
      const auto size =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(symbol.st_size, UINT32_MAX));
      entries_.push_back({symbol.st_value, size, symbol.st_name});
    }
    break;
  }
  // Of several names for one place the first in the table with the largest size stays.
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry &a, const Entry &b) {
    return a.address != b.address ? a.address < b.address : a.size > b.size;
  });
  const auto last =
      std::unique(entries_.begin(), entries_.end(),
                  [](const Entry &a, const Entry &b) { return a.address == b.address; });
  entries_.erase(last, entries_.end());
  entries_.shrink_to_fit();
}

const char *SymbolIndex::find(std::uint64_t address) const {
  if (address >= end_) return nullptr;
  auto next = std::upper_bound(
      entries_.begin(), entries_.end(), address,
      [](std::uint64_t value, const Entry &entry) { return value < entry.address; });
  for (int back = 0; back < kEnclosingLookback && next != entries_.begin(); ++back) {
    const Entry &entry = *--next;
    const bool covers = entry.size == 0 ? back == 0 : address - entry.address < entry.size;
    if (!covers) continue;
    const char *name = elf_strptr(file_.elf(), strings_, entry.name);
    if (name != nullptr && *name != '\0') return name;
  }
  return nullptr;
}

} // namespace hotloop
