#include "core/base/error.h"

#include <cerrno>
#include <system_error>

namespace hotloop {

namespace {

ErrorKind kindOf(int errnoValue) {
  switch (errnoValue) {
  case ENOENT:
  case ENOTDIR: return ErrorKind::kNotFound;
  case EACCES:
  case EPERM:
  case EROFS: return ErrorKind::kPermission;
  case ENOSPC:
  case EDQUOT:
  case ENOMEM: return ErrorKind::kNoSpace;
  case EBUSY:
  case EAGAIN: return ErrorKind::kBusy;
  default: return ErrorKind::kInvalidInput;
  }
}

} // namespace

Error systemError(int errnoValue, std::string what) {
  return {kindOf(errnoValue), std::move(what) + ": " + std::generic_category().message(errnoValue)};
}

} // namespace hotloop
