#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/result.h"

namespace hotloop {

// The bytes of a file from front to back, decompressed where its first bytes say gzip (several
// members one after the other are one stream). Holds 256 KiB, however large the file. Not
// thread-safe.
class ByteSource {
public:
  // Errors: missing, a folder, not readable, empty.
  static Result<ByteSource> open(const std::string &path);
  ByteSource(ByteSource &&) noexcept;
  ByteSource &operator=(ByteSource &&) noexcept;
  ~ByteSource();

  // Fills `into` with up to `room` bytes; 0 at the end. A compressed file that is cut off or
  // damaged ends where the damage begins, and trouble() tells. Error: the disk failed.
  Result<std::size_t> read(char *into, std::size_t room);

  bool compressed() const;
  std::uint64_t fileBytes() const;    // size of the file
  std::uint64_t fileConsumed() const; // of those, read so far
  // "" or, once read() gave 0, what is wrong with the compression, as the end of a sentence.
  const std::string &trouble() const;

private:
  struct State;
  explicit ByteSource(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace hotloop
