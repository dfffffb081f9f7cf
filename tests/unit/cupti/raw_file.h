#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "collectors/cupti/cupti_api.h"

namespace hotloop::testing {

// What `hotloop record --debug-raw` kept (collectors/cupti/raw_format.h), with the pointers in its
// records leading to texts of our own.
class RawFile {
public:
  // Throws std::runtime_error when the file is not whole.
  RawFile(const std::string &path, const cupti::CuptiApi &api);

  struct Buffer {
    std::unique_ptr<std::uint64_t[]> memory; // aligned as CUPTI wants it
    std::size_t bytes = 0;
    std::uint8_t *data() const { return reinterpret_cast<std::uint8_t *>(memory.get()); }
  };
  const std::vector<Buffer> &buffers() const { return buffers_; }
  std::uint32_t cuptiVersion() const { return version_; }

private:
  void settleTexts(const Buffer &buffer, const cupti::CuptiApi &api);

  std::uint32_t version_ = 0;
  std::map<std::uint64_t, std::string> texts_; // by the address that they had
  std::vector<Buffer> buffers_;
};

} // namespace hotloop::testing
