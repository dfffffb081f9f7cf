#pragma once

#include <string>
#include <utility>

namespace hotloop {

// What kind of trouble an Error is. A command maps it to its exit code; nothing else branches on it
// except where a header says so.
enum class ErrorKind {
  kInvalidInput,    // a flag, a value, a file that is not what it should be
  kNotFound,        // a file, a program, a rule, a column that does not exist
  kPermission,      // the operating system said no
  kUnsupported,     // a newer format, a feature that this machine or build lacks
  kCorrupt,         // damaged data
  kBusy,            // locked by somebody else
  kNoSpace,         // disk or shared memory is full
  kNothingMeasured, // a well-formed run that holds nothing to analyse
  kInternal,        // our own mistake
};

// The one error type. `message` is a whole sentence that says what failed, where, and what to do;
// it names files by the path the user gave. It is shown to the user as it is.
struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;
};

inline Error invalidInput(std::string message) {
  return {ErrorKind::kInvalidInput, std::move(message)};
}
inline Error notFound(std::string message) { return {ErrorKind::kNotFound, std::move(message)}; }
inline Error unsupported(std::string message) {
  return {ErrorKind::kUnsupported, std::move(message)};
}
inline Error corrupt(std::string message) { return {ErrorKind::kCorrupt, std::move(message)}; }
inline Error nothingMeasured(std::string message) {
  return {ErrorKind::kNothingMeasured, std::move(message)};
}
inline Error internalError(std::string message) {
  return {ErrorKind::kInternal, std::move(message)};
}

// Error for a failed system call: kind and text from `errnoValue` ("<what>: <strerror>").
Error systemError(int errnoValue, std::string what);

} // namespace hotloop
