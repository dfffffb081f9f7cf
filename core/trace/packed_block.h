#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace hotloop {

// Numbers in as few bytes each as the distance between the least and the largest takes: 0 where all
// are equal, 8 at most. Read one by one in any order. Immutable; a copy is a copy of the numbers.
class PackedBlock {
public:
  explicit PackedBlock(std::span<const std::int64_t> numbers);

  // `index` must be below the number of numbers.
  std::int64_t operator[](std::size_t index) const {
    std::uint64_t word = 0; // little-endian: the bytes of the next numbers lie above the mask
    std::memcpy(&word, bytes_.data() + index * width_, sizeof word);
    return static_cast<std::int64_t>(least_ + (word & mask_));
  }
  // Of the heap.
  std::size_t heapBytes() const { return bytes_.size(); }

private:
  std::uint64_t least_ = 0; // what follows is the distance from it, modulo 2^64
  std::uint64_t mask_ = 0;  // the bytes of one number
  std::size_t width_ = 0;   // bytes of each
  std::vector<unsigned char> bytes_;
};

} // namespace hotloop
