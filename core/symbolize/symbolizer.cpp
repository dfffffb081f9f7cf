#include "core/symbolize/symbolizer.h"

#include <algorithm>
#include <fmt/format.h>
#include <list>
#include <unordered_map>

#include "core/symbolize/debug_info.h"
#include "core/symbolize/demangle.h"
#include "core/symbolize/elf_file.h"
#include "core/symbolize/user_code.h"

namespace hotloop {
namespace {

enum class Lookup : std::uint8_t { kReturn, kAddress };

struct PlaceKey {
  std::uint32_t module;
  Lookup lookup;
  std::uint64_t offset;
  bool operator==(const PlaceKey &) const = default;
};
struct PlaceKeyHash {
  std::size_t operator()(const PlaceKey &key) const {
    const std::uint64_t mixed =
        key.offset * 0x9e3779b97f4a7c15 + key.module * 2 + static_cast<std::uint64_t>(key.lookup);
    return mixed ^ (mixed >> 29);
  }
};

// The files of one module while they are open. Members refer to those above them.
struct OpenModule {
  std::unique_ptr<ElfFile> file;
  std::unique_ptr<ElfFile> debugFile; // separate, null when there is none
  std::unique_ptr<SymbolIndex> symbols;
  std::unique_ptr<DebugInfo> debug; // null: no line tables
};

struct Module {
  std::string path;
  std::vector<std::uint8_t> buildId;
  PlaceQuality failure = PlaceQuality::kLine; // kMissing or kChanged once known to be unusable
  bool opened = false;
  std::unique_ptr<OpenModule> files;
  std::uint64_t lastUse = 0;
};

bool isVirtual(std::string_view path) {
  return path.starts_with("linux-vdso") || path.starts_with("[");
}

} // namespace

struct Symbolizer::Impl {
  SymbolizerOptions options;
  SymbolizerCounts counts;
  std::vector<Module> modules;
  std::unordered_map<std::string, std::uint32_t> moduleNumbers;
  std::uint64_t clock = 0;

  using Places = std::list<std::pair<PlaceKey, NativePlace>>; // most recently used first
  Places places;
  std::unordered_map<PlaceKey, Places::iterator, PlaceKeyHash> known;

  const NativePlace &place(PlaceKey key);
  NativePlace resolve(const PlaceKey &key);
  OpenModule *open(Module &module);
  void closeLeastRecentlyUsed();
};

Symbolizer::Symbolizer(SymbolizerOptions options) : impl_(std::make_unique<Impl>()) {
  options.cachedPlaces = std::max<std::size_t>(options.cachedPlaces, 1);
  options.openModules = std::max<std::size_t>(options.openModules, 1);
  impl_->options = std::move(options);
}
Symbolizer::~Symbolizer() = default;

std::uint32_t Symbolizer::addModule(std::string_view path, std::span<const std::uint8_t> buildId) {
  std::string key(path);
  key.push_back('\0');
  key.append(buildId.begin(), buildId.end());
  const auto [entry, isNew] = impl_->moduleNumbers.emplace(
      std::move(key), static_cast<std::uint32_t>(impl_->modules.size()));
  if (isNew) {
    Module module;
    module.path = path;
    module.buildId.assign(buildId.begin(), buildId.end());
    impl_->modules.push_back(std::move(module));
  }
  return entry->second;
}

const NativePlace &Symbolizer::returnAddress(std::uint32_t module, std::uint64_t offset) {
  return impl_->place({module, Lookup::kReturn, offset});
}

const NativePlace &Symbolizer::address(std::uint32_t module, std::uint64_t offset) {
  return impl_->place({module, Lookup::kAddress, offset});
}

const SymbolizerCounts &Symbolizer::counts() const { return impl_->counts; }

const NativePlace &Symbolizer::Impl::place(PlaceKey key) {
  if (const auto found = known.find(key); found != known.end()) {
    places.splice(places.begin(), places, found->second);
    return places.front().second;
  }
  places.emplace_front(key, resolve(key));
  known.emplace(key, places.begin());
  if (places.size() > options.cachedPlaces) {
    known.erase(places.back().first);
    places.pop_back();
  }
  return places.front().second;
}

NativePlace Symbolizer::Impl::resolve(const PlaceKey &key) {
  NativePlace place;
  if (key.module >= modules.size()) {
    place.frames.push_back({fmt::format("0x{:x}", key.offset), {}, 0, false});
    return place;
  }
  Module &module = modules[key.module];
  const std::uint64_t address =
      key.lookup == Lookup::kReturn && key.offset > 0 ? key.offset - 1 : key.offset;

  std::vector<DebugFrame> frames;
  const char *symbol = nullptr;
  if (OpenModule *files = open(module)) {
    place.quality = PlaceQuality::kOffsetOnly;
    symbol = files->symbols->find(address);
    if (files->debug) {
      const std::uint64_t before = files->debug->reopens();
      frames = files->debug->find(address);
      counts.fileReopens += files->debug->reopens() - before;
    }
  } else {
    place.quality = module.failure;
  }
  if (frames.empty()) frames.emplace_back();
  // A symbol knows the namespace of functions to which compilers give no linkage name.
  DebugFrame &function = frames.back();
  if (symbol != nullptr && !function.qualified &&
      (function.function.empty() || std::string_view(symbol).starts_with("_Z"))) {
    function.function = symbol;
  }
  if (!function.function.empty()) place.quality = PlaceQuality::kFunction;
  if (!frames.front().file.empty()) place.quality = PlaceQuality::kLine;

  for (DebugFrame &frame : frames) {
    SourceFrame source;
    source.function = demangle(frame.function.c_str());
    source.user = isUserCode(module.path, frame.file, source.function);
    if (source.function.empty()) {
      ++counts.placesWithoutFunction;
      const std::size_t slash = module.path.rfind('/') + 1; // npos + 1 is 0
      source.function = fmt::format("{}+0x{:x}", module.path.substr(slash), key.offset);
    }
    source.file = std::move(frame.file);
    source.line = frame.line;
    place.frames.push_back(std::move(source));
  }
  return place;
}

OpenModule *Symbolizer::Impl::open(Module &module) {
  if (module.files) {
    module.lastUse = ++clock;
    return module.files.get();
  }
  if (module.failure != PlaceQuality::kLine) return nullptr;
  if (isVirtual(module.path)) {
    module.failure = PlaceQuality::kOffsetOnly;
    return nullptr;
  }
  auto files = std::make_unique<OpenModule>();
  files->file = ElfFile::open(module.path);
  if (!files->file) {
    module.failure = PlaceQuality::kMissing;
    ++counts.missingModules;
    return nullptr;
  }
  const auto buildId = files->file->buildId();
  if (!module.buildId.empty() &&
      !std::equal(buildId.begin(), buildId.end(), module.buildId.begin(), module.buildId.end())) {
    module.failure = PlaceQuality::kChanged;
    ++counts.changedModules;
    return nullptr;
  }
  closeLeastRecentlyUsed();
  if (module.opened) ++counts.fileReopens;
  if (!files->file->hasDebugInfo()) {
    files->debugFile = ElfFile::openDebugFile(*files->file, module.path, options.debugRoot);
  }
  const ElfFile &source = files->debugFile ? *files->debugFile : *files->file;
  files->symbols = std::make_unique<SymbolIndex>(source.hasFullSymbols() ? source : *files->file);
  files->debug = DebugInfo::open(source, options.debugBytes);
  module.opened = true;
  module.lastUse = ++clock;
  module.files = std::move(files);
  return module.files.get();
}

void Symbolizer::Impl::closeLeastRecentlyUsed() {
  Module *oldest = nullptr;
  std::size_t open = 0;
  for (Module &module : modules) {
    if (!module.files) continue;
    ++open;
    if (oldest == nullptr || module.lastUse < oldest->lastUse) oldest = &module;
  }
  if (open >= options.openModules) oldest->files.reset();
}

} // namespace hotloop
