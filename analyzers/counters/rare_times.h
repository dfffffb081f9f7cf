#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace hotloop {

// A column of nanoseconds that is 0 in most rows: a bit a row, and the others in order.
class RareTimes {
public:
  explicit RareTimes(std::size_t rows = 0) : words_((rows + 63) / 64) {}

  // `row` rises from call to call.
  void add(std::uint32_t row, std::int64_t time) {
    if (time == 0) return;
    Word &word = words_[row / 64];
    if (word.bits == 0) word.before = static_cast<std::uint32_t>(times_.size());
    word.bits |= std::uint64_t{1} << (row % 64);
    times_.push_back(time);
  }
  std::int64_t operator[](std::uint32_t row) const {
    const Word &word = words_[row / 64];
    const std::uint64_t bit = std::uint64_t{1} << (row % 64);
    if ((word.bits & bit) == 0) return 0;
    return times_[word.before + static_cast<std::uint32_t>(std::popcount(word.bits & (bit - 1)))];
  }

private:
  struct Word {
    std::uint64_t bits = 0;
    std::uint32_t before = 0; // times of earlier words
  };
  std::vector<Word> words_;
  std::vector<std::int64_t> times_;
};

} // namespace hotloop
