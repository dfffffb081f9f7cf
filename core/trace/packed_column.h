#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>
#include <vector>

#include "core/trace/packed_block.h"

namespace hotloop {

// One column of a table in memory: like a vector whose cells are read by value. Cells are numbers,
// flags, enums, ids or times. Every 1024 rows are packed into the bytes that their range takes (a
// time within a block of events three or four of eight, a column that is not used none); the rows
// behind the last whole block lie in the open. Reading costs one load more than that of a vector.
// const access from many threads is fine.
template <class T> class PackedColumn {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);

public:
  static constexpr std::size_t kBlockRows = 1024;

  class Iterator;
  using value_type = T;
  using const_iterator = Iterator;

  PackedColumn() = default;
  explicit PackedColumn(std::span<const T> cells) {
    reserve(cells.size());
    for (const T cell : cells) push_back(cell);
  }

  std::size_t size() const { return packedRows_ + open_.size(); }
  bool empty() const { return size() == 0; }
  // `row` must be below size().
  T operator[](std::size_t row) const {
    if (row < packedRows_) return fromNumber(blocks_[row / kBlockRows][row % kBlockRows]);
    return open_[row - packedRows_];
  }
  T front() const { return (*this)[0]; }
  T back() const { return (*this)[size() - 1]; }
  Iterator begin() const { return Iterator(this, 0); }
  Iterator end() const { return Iterator(this, size()); }

  void reserve(std::size_t rows) { blocks_.reserve(rows / kBlockRows); }
  void push_back(T cell) {
    open_.push_back(cell);
    if (open_.size() < kBlockRows) return;
    Numbers numbers;
    for (std::size_t i = 0; i < kBlockRows; ++i) numbers[i] = toNumber(open_[i]);
    blocks_.emplace_back(numbers);
    packedRows_ += kBlockRows;
    open_.clear();
  }
  // Calls change(cell, row) for every cell, in order; it may write to the cell. Blocks that come
  // out otherwise are packed anew.
  template <class Change> void change(Change &&change) {
    for (std::size_t b = 0; b < blocks_.size(); ++b) changeBlock(b, change);
    for (std::size_t i = 0; i < open_.size(); ++i) {
      T cell = open_[i];
      change(cell, packedRows_ + i);
      open_[i] = cell;
    }
  }
  // One cell, at the price of a block.
  void set(std::size_t row, T cell) {
    if (row >= packedRows_) {
      open_[row - packedRows_] = cell;
      return;
    }
    changeBlock(row / kBlockRows, [&](T &old, std::size_t at) {
      if (at == row) old = cell;
    });
  }

  friend bool operator==(const PackedColumn &a, const PackedColumn &b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

  // What the rows take beside the object itself.
  std::size_t heapBytes() const {
    std::size_t bytes = blocks_.capacity() * sizeof(PackedBlock) + open_.capacity() * sizeof(T);
    for (const PackedBlock &block : blocks_) bytes += block.heapBytes();
    return bytes;
  }

private:
  using Numbers = std::array<std::int64_t, kBlockRows>;
  using Bits = std::conditional_t<
      sizeof(T) == 8, std::int64_t,
      std::conditional_t<sizeof(T) == 4, std::uint32_t,
                         std::conditional_t<sizeof(T) == 2, std::uint16_t, std::uint8_t>>>;

  template <class Change> void changeBlock(std::size_t b, Change &&change) {
    Numbers numbers;
    bool changed = false;
    for (std::size_t i = 0; i < kBlockRows; ++i) {
      const std::int64_t before = blocks_[b][i];
      T cell = fromNumber(before);
      change(cell, b * kBlockRows + i);
      numbers[i] = toNumber(cell);
      changed = changed || numbers[i] != before;
    }
    if (changed) blocks_[b] = PackedBlock(numbers);
  }

  static std::int64_t toNumber(T cell) { return std::bit_cast<Bits>(cell); }
  static T fromNumber(std::int64_t number) { return std::bit_cast<T>(static_cast<Bits>(number)); }

  std::vector<PackedBlock> blocks_; // kBlockRows each
  std::size_t packedRows_ = 0;
  std::vector<T> open_; // fewer than kBlockRows
};

// Of random access; gives cells, not references to them.
template <class T> class PackedColumn<T>::Iterator {
public:
  using iterator_category = std::random_access_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = T;

  Iterator() = default;
  Iterator(const PackedColumn *column, std::size_t row) : column_(column), row_(row) {}

  T operator*() const { return (*column_)[row_]; }
  T operator[](difference_type by) const { return *(*this + by); }
  Iterator &operator+=(difference_type by) {
    row_ += static_cast<std::size_t>(by);
    return *this;
  }
  Iterator &operator-=(difference_type by) { return *this += -by; }
  Iterator &operator++() { return *this += 1; }
  Iterator &operator--() { return *this += -1; }
  Iterator operator++(int) {
    const Iterator before = *this;
    ++row_;
    return before;
  }
  Iterator operator--(int) {
    const Iterator before = *this;
    --row_;
    return before;
  }
  friend Iterator operator+(Iterator it, difference_type by) { return it += by; }
  friend Iterator operator+(difference_type by, Iterator it) { return it += by; }
  friend Iterator operator-(Iterator it, difference_type by) { return it -= by; }
  friend difference_type operator-(const Iterator &a, const Iterator &b) {
    return static_cast<difference_type>(a.row_) - static_cast<difference_type>(b.row_);
  }
  friend bool operator==(const Iterator &a, const Iterator &b) { return a.row_ == b.row_; }
  friend auto operator<=>(const Iterator &a, const Iterator &b) { return a.row_ <=> b.row_; }

private:
  const PackedColumn *column_ = nullptr;
  std::size_t row_ = 0;
};

} // namespace hotloop
