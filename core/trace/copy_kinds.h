#pragma once

#include <cstdint>

// CUPTI's numbers, as memcpy.copy_kind and memcpy.source_kind have them (docs/trace_format.md).
namespace hotloop {

inline constexpr std::uint8_t kCopyToDevice = 1, kCopyToHost = 2;
inline constexpr std::uint8_t kPageableMemory = 1;

} // namespace hotloop
