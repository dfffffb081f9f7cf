#pragma once

#include <cstdint>
#include <string_view>

// How ScriptedLoop starts things on its device; the defaults are those of most tests.
namespace hotloop::test_support {

struct ScriptedLaunch {
  std::string_view function = {};
  std::uint32_t stream = 1;
  std::uint32_t grid = 64;
  std::uint16_t block = 256;
  std::uint16_t registers = 32;
  std::int64_t host = 3000; // duration of the call
};

struct ScriptedCopy {
  std::uint8_t kind = 1;                    // 1 to the device, 2 to the host, 8 on it
  std::uint8_t source = 1, destination = 3; // 1 pageable, 2 pinned, 3 device
  std::string_view call = "cudaMemcpyAsync";
  std::int64_t host = 4000;
  std::int64_t duration = 2000; // on the device
  std::uint32_t stream = 1;
  bool blocks = false; // the call returns when the copy is done, whatever `host` says
};

} // namespace hotloop::test_support
