#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace hotloop::python {

// Where CPython keeps what a frame walk reads, in bytes. 3.11 and 3.12: constants of the minor
// version (cpython/Include/internal/pycore_frame.h, cpython/code.h, cpython/unicodeobject.h; fixed
// by the ABI promise for a minor version). 3.13: from the _Py_DebugOffsets at the start of
// _PyRuntime.
struct Offsets {
  std::size_t currentFrame = 0; // in PyThreadState: frame, or cframe
  bool throughCframe = false;   // 3.11, 3.12: one pointer further
  std::size_t cframeFrame = 0;  // in _PyCFrame
  std::size_t frameCode = 0;    // in _PyInterpreterFrame
  std::size_t framePrevious = 0;
  std::size_t frameInstruction = 0; // instruction being executed
  std::size_t frameOwner = 0;       // char
  std::size_t codeFirstLine = 0;    // in PyCodeObject, int
  std::size_t codeFile = 0;
  std::size_t codeQualname = 0;
  std::size_t codeLineTable = 0;
  std::size_t codeFirstTraceable = 0; // int, in code units of 2 bytes
  std::size_t codeVersion = 0;        // u32, unique per code object; 0: this version has none
  std::size_t codeInstructions = 0;
  std::size_t textLength = 0; // in PyASCIIObject
  std::size_t textState = 0;
  std::size_t textAscii = 0;    // characters of an ASCII string
  std::size_t textCompact = 0;  // characters of any other compact string
  std::size_t bytesLength = 16; // in PyBytesObject (PyVarObject.ob_size)
  std::size_t bytesData = 32;
};

inline constexpr char kOwnedByGenerator = 1; // values of frameOwner, enum _frameowner
inline constexpr char kOwnedByCStack = 3; // a shim of the interpreter, no Python frame (3.12, 3.13)

// Offsets for CPython 3.`minor`. `runtime` is the address of _PyRuntime, used from 3.13 on (null:
// none). Nothing for versions that were not verified, free-threaded builds and an unknown
// debug-offset layout.
std::optional<Offsets> offsetsFor(int major, int minor, const void *runtime);

} // namespace hotloop::python
