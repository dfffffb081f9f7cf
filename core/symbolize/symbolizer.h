#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/trace/trace_sink.h"

namespace hotloop {

struct SymbolizerOptions {
  std::size_t cachedPlaces = 16384; // most places remembered, over all modules
  std::size_t openModules = 8;      // most files kept open; the least recently used is closed
  std::size_t debugBytes =
      24 * 1024 * 1024; // debug information read of a file before it is reopened
  std::string debugRoot = "/usr/lib/debug"; // separate debug files of the distribution
};

// How far a place could be followed.
enum class PlaceQuality : std::uint8_t {
  kLine,       // function, file and line
  kFunction,   // a name from the symbol table; no line information for this address
  kOffsetOnly, // nothing in the file covers the address, or it is no file (the vdso)
  kMissing,    // no such file, or it cannot be read as ELF
  kChanged,    // the file's build id is not the recorded one: it was rebuilt after the run
};

struct SourceFrame {
  std::string function; // demangled; "libx.so+0x1234" when it has no name
  std::string file;     // normalised; empty unknown
  std::uint32_t line = 0;
  bool user = false; // isUserCode (user_code.h)
};

// One native address. frames: innermost first; each was inlined into the next, the last is the
// function that stands in the binary. Never empty.
struct NativePlace {
  std::vector<SourceFrame> frames;
  PlaceQuality quality = PlaceQuality::kMissing;
};

// Modules and places met so far, for reports. A place that fell out of the cache counts again.
struct SymbolizerCounts {
  std::uint64_t missingModules = 0;
  std::uint64_t changedModules = 0;
  std::uint64_t placesWithoutFunction = 0; // answered with module+offset, for whatever reason
  std::uint64_t fileReopens = 0;           // memory bounds closed a file that was needed again
};

// Turns return addresses into source places, after the run, from the files on disk: DWARF line
// tables and inlined calls where there are some (in the file itself, its .gnu_debuglink or its
// build-id file), else the symbol table. Nothing is fetched from a network. Files are opened on
// first use and mapped. Not thread-safe. Damaged files give a lesser PlaceQuality, never an error.
class Symbolizer {
public:
  explicit Symbolizer(SymbolizerOptions options = {});
  ~Symbolizer();
  Symbolizer(const Symbolizer &) = delete;
  Symbolizer &operator=(const Symbolizer &) = delete;

  // Number of the module, for the calls below; the same path and build id give the same number.
  // Opens nothing. buildId: the note's bytes, empty when not recorded (then any file is believed).
  std::uint32_t addModule(std::string_view path, std::span<const std::uint8_t> buildId = {});

  // `offset` is a return address minus the module's load bias (ring::ModuleRecord::base,
  // FrameTable::offset): the byte before it is looked up, where the call instruction ends.
  // The reference is valid until the next call. Ask in rising order of offset where there are many:
  // the debug information of a compile unit is then read once.
  const NativePlace &returnAddress(std::uint32_t module, std::uint64_t offset);

  // Same for the address itself (a program counter that was sampled, a function's entry).
  const NativePlace &address(std::uint32_t module, std::uint64_t offset);

  const SymbolizerCounts &counts() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The rows of `place`, innermost first and chained by inlinedInto. `leaf` gives id, module and
// offset of the innermost row (the one that stacks name); the others take ids from `nextId`, which
// moves on.
std::vector<FrameRow> frameRows(const NativePlace &place, const FrameRow &leaf, FrameId &nextId,
                                TraceSink &sink);

} // namespace hotloop
