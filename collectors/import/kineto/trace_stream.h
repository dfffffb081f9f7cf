#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/import/kineto/structure_scanner.h"
#include "core/base/result.h"
#include "core/input/byte_source.h"

namespace hotloop::kineto {

// Cuts a trace file into its parts, in the order in which they come: the members of the root object
// and, of the event array, runs of whole elements.
class TraceStream {
public:
  struct Handlers {
    // A member beside traceEvents: its key, and its value as text. Larger ones than 1 MiB are left
    // out.
    std::function<void(std::string_view key, std::string_view value)> member;
    // Whole elements; first[-1] and last[0] are writable, and 64 bytes behind last are readable.
    std::function<void(char *first, char *last)> events;
  };

  // `path` is for messages.
  TraceStream(ByteSource &source, std::string path) : source_(source), path_(std::move(path)) {}

  // Errors: no trace, an element larger than 64 MiB, the disk failed.
  Result<void> read(const Handlers &handlers);

  std::uint64_t bytes() const { return base_ + end_ - kFront; } // read so far, decompressed
  bool bareArray() const { return bareArray_; }
  // "", or where and how the file broke off, as a part of a sentence.
  const std::string &broken() const { return broken_; }

private:
  static constexpr std::size_t kFront = 1; // a writable byte before the text

  // Makes sure that there is text behind `at_`; false at the end of the file.
  Result<bool> more();
  Result<bool> skipSpace(std::string_view also = {}); // false at the end of the file
  Result<void> readEvents(const Handlers &handlers);
  Result<void> readMembers(const Handlers &handlers);
  // Takes one value; empty when it is larger than `most`. `whole` tells if it ended in the file.
  Result<std::string> takeValue(std::size_t most, bool &whole);
  std::string_view rest() const { return {buffer_.data() + at_, end_ - at_}; }
  std::uint64_t offset(std::size_t at) const { return base_ + at - kFront; }
  Error tooLarge() const;
  void breakOff(std::string where);

  ByteSource &source_;
  std::string path_;
  std::vector<char> buffer_;
  std::size_t at_ = kFront;  // next byte to look at
  std::size_t end_ = kFront; // end of what was read
  std::uint64_t base_ = 0;   // bytes of the file before the buffer
  bool bareArray_ = false;
  std::string broken_;
};

} // namespace hotloop::kineto
