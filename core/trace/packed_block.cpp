#include "core/trace/packed_block.h"

#include <algorithm>
#include <bit>

namespace hotloop {

static_assert(std::endian::native == std::endian::little);

PackedBlock::PackedBlock(std::span<const std::int64_t> numbers) {
  if (numbers.empty()) return;
  const auto [least, largest] = std::ranges::minmax(numbers);
  least_ = static_cast<std::uint64_t>(least);
  const std::uint64_t range = static_cast<std::uint64_t>(largest) - least_;
  width_ = static_cast<std::size_t>(std::bit_width(range) + 7) / 8;
  mask_ = width_ == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * width_)) - 1;
  // Whole words are read and written, so the last number needs room behind it.
  bytes_.resize(numbers.size() * width_ + sizeof(std::uint64_t));
  if (width_ == 0) return;
  unsigned char *to = bytes_.data();
  for (const std::int64_t number : numbers) {
    const std::uint64_t distance = static_cast<std::uint64_t>(number) - least_;
    std::memcpy(to, &distance, sizeof distance);
    to += width_;
  }
}

} // namespace hotloop
