#include "core/symbolize/demangle.h"

#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <memory>

namespace hotloop {
namespace {

// Names of templates can explode when demangled; beyond this the mangled text says as much.
constexpr std::size_t kLongestMangled = 8192;
constexpr std::size_t kLongestName = 2048;

} // namespace

std::string demangle(const char *name) {
  if (std::strncmp(name, "_Z", 2) != 0 || std::strlen(name) > kLongestMangled) {
    return std::string(name).substr(0, kLongestName);
  }
  // "foo@@VERSION" and "foo@plt" stop the demangler.
  const std::string mangled(name, std::strcspn(name, "@"));
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free);
  return std::string(text ? text.get() : name).substr(0, kLongestName);
}

} // namespace hotloop
