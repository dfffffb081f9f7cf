#pragma once

#include <string>
#include <string_view>

namespace hotloop {

// SHA-256 of `bytes` as 64 lower-case hexadecimal digits. Source: FIPS 180-4.
std::string sha256Hex(std::string_view bytes);

} // namespace hotloop
