#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "collectors/import/call_names.h"
#include "core/trace/trace_sink.h"

namespace hotloop::kineto {

struct CallName {
  StringId name; // without version suffix
  CallRole role = CallRole::kOther;
};

struct CopyName {
  std::uint8_t copyKind = 0; // CUPTI's numbers, as MemcpyTable has them
  std::uint8_t sourceKind = 0;
  std::uint8_t destinationKind = 0;
};

// Texts as they stand in the file, with what follows from them, so that each is looked at once. Its
// memory is bounded: it forgets when it is full.
class Names {
public:
  explicit Names(TraceSink &sink) : sink_(sink) {}

  StringId text(std::string_view escaped);
  CallName call(std::string_view escaped);
  // "Memcpy HtoD (Pageable -> Device)"
  CopyName copy(std::string_view escaped);
  // "train.py(12): main": the frame, when it is code of the user's. Frames are written when met.
  FrameId pythonFunction(std::string_view escaped);
  // "a.py(3): f;b.py(9): main", innermost first.
  struct PythonStack {
    StackId stack;
    FrameId location; // innermost frame of the user's
  };
  PythonStack callStack(std::string_view escaped);

private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  struct Entry {
    StringId id;
    CallName call;
    CopyName copy;
    FrameId frame;
    PythonStack stack;
  };
  using Map = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;

  const Entry &entry(Map &map, std::string_view escaped, auto &&fill);
  FrameRow frameOf(std::string_view text);
  FrameId frameId(std::string_view text, bool &user);

  TraceSink &sink_;
  Map texts_, calls_, copies_, functions_, stacks_;
  std::unordered_map<std::string, std::pair<FrameId, bool>, Hash, std::equal_to<>> frames_;
  std::unordered_map<std::uint64_t, StackId> nodes_; // parent, frame
  std::size_t bytes_ = 0;
  std::uint32_t lastFrame_ = 0;
  std::uint32_t lastStack_ = 0;
  std::string room_;
};

} // namespace hotloop::kineto
