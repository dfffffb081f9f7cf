#pragma once

#include <cstddef>
#include <cstdint>

#include "collectors/cupti/cupti_api.h"

namespace hotloop::cupti {

// Writes CUPTI's buffers to `<folder>/<pid>.cupti` (raw_format.h) when the options name a folder.
// Used by the decoding thread alone.
class RawWriter {
public:
  RawWriter();
  ~RawWriter();
  RawWriter(const RawWriter &) = delete;
  RawWriter &operator=(const RawWriter &) = delete;

  // Does nothing without a folder, after a failure, and beyond 256 MiB.
  void write(const CuptiApi &api, std::uint8_t *buffer, std::size_t bytes);

private:
  void writeText(const char *text);
  void put(const void *data, std::size_t bytes);

  int file_ = -1;
  bool begun_ = false;
  std::size_t written_ = 0;
  const char *known_[4096] = {}; // texts written already, by address
};

} // namespace hotloop::cupti
