#pragma once

#include <atomic>
#include <cstdint>

#include "collectors/python/code_object.h"
#include "collectors/python/offsets.h"

namespace hotloop::inject {
struct ThreadState;
}

namespace hotloop::python {

// The CPython of this process, found by its exported symbols.
struct Interpreter {
  Offsets offsets;
  int (*isInitialized)() = nullptr; // Py_IsInitialized
  void *(*threadState)() = nullptr; // PyGILState_GetThisThreadState: null where no Python runs
  int (*holdsGil)() = nullptr;      // PyGILState_Check
  const void *codeType = nullptr;   // &PyCode_Type
  // For the self check, with the GIL held.
  int (*disableGc)() = nullptr;
  int (*enableGc)() = nullptr;
  void *(*currentFrame)() = nullptr;    // borrowed
  void *(*frameCode)(void *) = nullptr; // a new reference
  int (*frameLine)(void *) = nullptr;
  void (*release)(void *) = nullptr;
};

// The interpreter, once it is there, initialised and of a version that we can walk; else null. The
// first time it is met, its version goes to the run's meta; when it is refused, also the reason,
// and kPythonFramesRefused is counted once. Looking for one costs some microseconds: call it rarely
// while it gives null.
const Interpreter *findInterpreter(inject::ThreadState &thread) noexcept;

// What findInterpreter() gave, without looking; null also after refuse(). A load.
extern std::atomic<const Interpreter *> currentInterpreter;

// Whether an interpreter is there and was refused: no need to look again.
bool isRefused() noexcept;

// No more Python frames in this process; the sentence goes to meta.
void refuse(inject::ThreadState &thread, const char *why) noexcept;

// One frame of the calling thread.
struct Frame {
  const void *code = nullptr;
  std::int64_t instruction = 0; // byte offset in the code
};

// Calls `visit(frame)` for every complete Python frame of the calling thread, innermost first,
// until it returns false. `tstate` is what threadState() gave. Frames of the calling thread cannot
// change while it is in our callback, and hold references to their code objects.
template <class Visit>
void walk(const Interpreter &python, const void *tstate, Visit &&visit) noexcept {
  const Offsets &at = python.offsets;
  const void *frame = readAt<const void *>(tstate, at.currentFrame);
  if (at.throughCframe && frame != nullptr) {
    frame = readAt<const void *>(frame, at.cframeFrame);
  }
  for (; frame != nullptr; frame = readAt<const void *>(frame, at.framePrevious)) {
    const char owner = readAt<char>(frame, at.frameOwner);
    if (owner == kOwnedByCStack) {
      continue;
    }
    const void *code = readAt<const void *>(frame, at.frameCode);
    if (code == nullptr || readAt<const void *>(code, 8) != python.codeType) { // ob_type
      continue;
    }
    const char *instruction = readAt<const char *>(frame, at.frameInstruction);
    const std::int64_t offset =
        instruction - (static_cast<const char *>(code) + at.codeInstructions);
    // A frame that is being set up (_PyFrame_IsIncomplete).
    if (owner != kOwnedByGenerator &&
        offset < 2 * std::int64_t(readAt<int>(code, at.codeFirstTraceable))) {
      continue;
    }
    if (!visit(Frame{code, offset})) {
      return;
    }
  }
}

enum class SelfCheck { kImpossible, kAgrees, kDiffers };

// Compares the innermost frame with what the API says. kImpossible without the GIL or without
// frames.
SelfCheck selfCheck(const Interpreter &python) noexcept;

} // namespace hotloop::python
