#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// What NVTX handles (domain, registered string) point to: entries that live as long as the process.
// NVTX of every loaded binary shares them.
namespace hotloop::nvtx {

struct Domain {
  std::uint32_t index; // from 1; the default domain is 0 and has no entry
  std::uint32_t length;
  const char *name;
};
struct RegisteredString {
  std::uint32_t length;
  const char *text;
};

// The domain of that name, made at the first call. Null when memory ran out or the text is null.
const Domain *domain(std::string_view name) noexcept;
const RegisteredString *registerString(std::string_view text) noexcept;

// UTF-8 of a wide string in `buffer`, cut where it does not fit.
std::string_view narrow(const wchar_t *text, char *buffer, std::size_t capacity) noexcept;

} // namespace hotloop::nvtx
