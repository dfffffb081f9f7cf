#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <cuda_runtime_api.h>

#include "kernels/moe_ops/moe_types.h"

namespace hotloop::kernels::program {

// Ends the program with a sentence: this is a test program, nothing can go on without its device.
void require(cudaError_t error, const char *what);

// Device memory, freed at the end of its life.
class DeviceArray {
public:
  DeviceArray() = default;
  explicit DeviceArray(std::int64_t bytes);
  DeviceArray(DeviceArray &&other) noexcept;
  DeviceArray &operator=(DeviceArray &&other) noexcept;
  ~DeviceArray();

  std::int64_t bytes() const { return bytes_; }
  void *data() const { return data_; }
  template <class T> T *as() const { return static_cast<T *>(data_); }

  // Every byte 0xff: NaN in all our types, -1 in integers.
  void poison(cudaStream_t stream) const;

  template <class T> std::vector<T> read() const {
    std::vector<T> host(static_cast<std::size_t>(bytes_) / sizeof(T));
    copyOut(host.data());
    return host;
  }
  // Numbers of `type` as float.
  std::vector<float> readNumbers(ElementType type) const;
  void write(const void *host);
  // Rounds to `type`; `values` gets what was stored.
  void writeNumbers(std::span<float> values, ElementType type);

private:
  void copyOut(void *host) const;
  void *data_ = nullptr;
  std::int64_t bytes_ = 0;
};

// count numbers of `type`, roughly normal with deviation `scale`, on the device.
void fillRandom(const DeviceArray &array, ElementType type, float scale, std::uint64_t seed,
                cudaStream_t stream);

// data[row, 0] = values[row].
void setColumn(const DeviceArray &array, ElementType type, std::int64_t rows, std::int64_t columns,
               const std::vector<float> &values, cudaStream_t stream);

// By a kernel with 16-byte accesses: faster than cudaMemcpy on an H100.
void copyAll(const DeviceArray &from, const DeviceArray &to, cudaStream_t stream);

// Reads every byte: what was in the cache before is gone, and nothing waits to be written back.
void readThrough(const DeviceArray &array, cudaStream_t stream);

} // namespace hotloop::kernels::program
