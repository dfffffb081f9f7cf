#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace hotloop::gui {

// Values that nobody has written yet. Large arrays come in huge pages straight from the system, and
// go back to it: page by page, their first touch would cost more than what is written to them.
template <class T> class BigArray {
  static_assert(std::is_trivially_copyable_v<T>);

public:
  BigArray() = default;
  explicit BigArray(std::size_t size) : size_(size) {
    const std::size_t bytes = size * sizeof(T);
    if (bytes >= kMapped) {
      void *pages =
          ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (pages != MAP_FAILED) {
        ::madvise(pages, bytes, MADV_HUGEPAGE); // a wish
        memory_ = {static_cast<T *>(pages), Free{bytes}};
        return;
      }
    }
    memory_ = {static_cast<T *>(::operator new(std::max<std::size_t>(1, bytes))), Free{0}};
  }

  T *data() { return memory_.get(); }
  const T *data() const { return memory_.get(); }
  std::size_t size() const { return size_; }
  T &operator[](std::size_t i) { return memory_.get()[i]; }
  const T &operator[](std::size_t i) const { return memory_.get()[i]; }
  std::span<const T> values() const { return {memory_.get(), size_}; }
  // Forgets the values behind the first `size`.
  void shorten(std::size_t size) { size_ = size; }

private:
  static constexpr std::size_t kMapped = std::size_t{4} << 20;
  struct Free {
    std::size_t mapped = 0;
    void operator()(T *memory) const {
      if (mapped > 0)
        ::munmap(memory, mapped);
      else
        ::operator delete(memory);
    }
  };
  std::unique_ptr<T[], Free> memory_;
  std::size_t size_ = 0;
};

} // namespace hotloop::gui
