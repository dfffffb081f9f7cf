#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

namespace hotloop::gui {

// Plain values one after the other, in the machine's own byte order.
class ByteWriter {
public:
  template <class T> void put(const T &value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto *bytes = reinterpret_cast<const char *>(&value);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof(T));
  }
  void putText(const std::string &text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }
  template <class T> void putList(const std::vector<T> &list) {
    static_assert(std::is_trivially_copyable_v<T>);
    put(static_cast<std::uint64_t>(list.size()));
    const auto *bytes = reinterpret_cast<const char *>(list.data());
    bytes_.insert(bytes_.end(), bytes, bytes + list.size() * sizeof(T));
  }
  const std::vector<char> &bytes() const { return bytes_; }

private:
  std::vector<char> bytes_;
};

// Reads what ByteWriter wrote. What lies beyond the end reads as zero and clears good().
class ByteReader {
public:
  ByteReader(const char *bytes, std::size_t size) : at_(bytes), left_(size) {}
  bool good() const { return good_; }
  bool atEnd() const { return left_ == 0; }

  template <class T> T get() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    if (take(sizeof(T))) std::memcpy(&value, at_ - sizeof(T), sizeof(T));
    return value;
  }
  std::string getText() {
    const auto size = get<std::uint32_t>();
    return take(size) ? std::string(at_ - size, size) : std::string();
  }
  template <class T> std::vector<T> getList() {
    const auto size = get<std::uint64_t>();
    if (size > left_ / sizeof(T) || !take(size * sizeof(T))) {
      good_ = good_ && size == 0;
      return {};
    }
    std::vector<T> list(size);
    std::memcpy(list.data(), at_ - size * sizeof(T), size * sizeof(T));
    return list;
  }

private:
  bool take(std::size_t size) {
    if (!good_ || size > left_) {
      good_ = false;
      return false;
    }
    at_ += size;
    left_ -= size;
    return true;
  }

  const char *at_;
  std::size_t left_;
  bool good_ = true;
};

} // namespace hotloop::gui
