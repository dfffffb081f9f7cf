#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/trace/trace_sink.h"

namespace hotloop {

// A loaded binary of one process.
struct LoadedModule {
  std::uint64_t base = 0, begin = 0, end = 0; // addresses in memory
  std::uint32_t number = 0;                   // CallSites::addModule
};

// The frame and stack rows of a run: each place and each caller chain once, over all processes.
// Memory is bounded; what comes after the bound gets id 0 and is counted.
class CallSites {
public:
  explicit CallSites(TraceSink &sink) : sink_(sink) {}

  struct Module {
    std::string path;
    StringId pathId;
    std::vector<std::uint8_t> buildId;
  };
  struct NativeFrame {
    FrameId id;
    std::uint32_t module; // 0: none
    std::uint64_t offset;
  };

  // Number of a binary, from 1; same path and build id, same number.
  std::uint32_t addModule(std::string_view path, std::span<const std::uint8_t> buildId);
  FrameId pythonFrame(StringId function, StringId file, std::uint32_t line, bool user);
  FrameId nativeFrame(std::uint32_t module, std::uint64_t offset);
  // A place whose binary is not known (yet); settle() tells it later.
  FrameId unknownFrame(std::uint64_t address);
  void settle(FrameId frame, std::uint32_t module, std::uint64_t offset);
  // The node of `frame` called from `parent`.
  StackId child(StackId parent, FrameId frame);

  const std::vector<Module> &modules() const { return modules_; } // number - 1
  std::vector<NativeFrame> &nativeFrames() { return nativeFrames_; }
  FrameId &nextFrame() { return nextFrame_; }
  std::int64_t refused() const { return refused_; }

private:
  struct Key {
    std::uint64_t a, b;
    bool operator==(const Key &) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key &key) const {
      return static_cast<std::size_t>((key.a * 0x9e3779b97f4a7c15u) ^
                                      (key.b * 0xd6e8feb86659fd93u) ^ (key.b >> 31));
    }
  };
  FrameId newFrame();

  TraceSink &sink_;
  std::vector<Module> modules_;
  std::map<std::pair<std::string, std::vector<std::uint8_t>>, std::uint32_t> moduleNumbers_;
  std::unordered_map<Key, FrameId, KeyHash> python_, native_;
  std::unordered_map<Key, StackId, KeyHash> stacks_;
  std::vector<std::uint16_t> depths_{0}; // by StackId
  std::vector<NativeFrame> nativeFrames_;
  FrameId nextFrame_{1};
  std::int64_t refused_ = 0;
};

} // namespace hotloop
