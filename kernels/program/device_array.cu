#include "kernels/program/device_array.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace hotloop::kernels::program {
namespace {

__device__ std::uint64_t mixed(std::uint64_t z) { // splitmix64
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

__device__ void put(void *data, ElementType type, std::int64_t i, float x) {
  switch (type) {
  case ElementType::kFloat32: static_cast<float *>(data)[i] = x; break;
  case ElementType::kBFloat16: static_cast<__nv_bfloat16 *>(data)[i] = __float2bfloat16(x); break;
  case ElementType::kFloat16: static_cast<__half *>(data)[i] = __float2half(x); break;
  }
}

__global__ void fillKernel(void *data, ElementType type, std::int64_t count, float scale,
                           std::uint64_t seed) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += step) {
    const std::uint64_t bits = mixed(seed ^ (static_cast<std::uint64_t>(i) * 0x632be59bd9b4e019u));
    float sum = 0; // four uniforms: close to normal
    for (int part = 0; part < 4; ++part)
      sum += static_cast<float>(bits >> (16 * part) & 0xffff) * 0x1p-16f - 0.5f;
    put(data, type, i, sum * 1.7320508f * scale);
  }
}

__global__ void readKernel(const uint4 *data, std::int64_t count, unsigned *never) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  unsigned sum = 0;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += step)
    sum += data[i].x ^ data[i].w;
  if (sum == 0x12345679u) *never = sum;
}

__global__ void copyKernel(const uint4 *from, uint4 *to, std::int64_t count) {
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * 1024 + threadIdx.x;
  uint4 values[4];
#pragma unroll
  for (int i = 0; i < 4; ++i)
    if (first + 256 * i < count) values[i] = from[first + 256 * i];
#pragma unroll
  for (int i = 0; i < 4; ++i)
    if (first + 256 * i < count) to[first + 256 * i] = values[i];
}

__global__ void columnKernel(void *data, ElementType type, std::int64_t rows, std::int64_t columns,
                             const float *values) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (row < rows) put(data, type, row * columns, values[row]);
}

} // namespace

void require(cudaError_t error, const char *what) {
  if (error == cudaSuccess) return;
  std::fprintf(stderr, "%s failed: %s\n", what, cudaGetErrorString(error));
  std::exit(2);
}

DeviceArray::DeviceArray(std::int64_t bytes) : bytes_(bytes) {
  if (bytes > 0)
    require(cudaMalloc(&data_, static_cast<std::size_t>(bytes)), "Taking device memory");
}
DeviceArray::DeviceArray(DeviceArray &&other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
DeviceArray &DeviceArray::operator=(DeviceArray &&other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}
DeviceArray::~DeviceArray() {
  if (data_) cudaFree(data_);
}

void DeviceArray::poison(cudaStream_t stream) const {
  if (bytes_ > 0)
    require(cudaMemsetAsync(data_, 0xff, static_cast<std::size_t>(bytes_), stream), "Poisoning");
}
void DeviceArray::copyOut(void *host) const {
  require(cudaDeviceSynchronize(), "Running"); // our streams do not wait for the default one
  require(cudaMemcpy(host, data_, static_cast<std::size_t>(bytes_), cudaMemcpyDeviceToHost),
          "Reading device memory");
}
void DeviceArray::write(const void *host) {
  require(cudaDeviceSynchronize(), "Running");
  require(cudaMemcpy(data_, host, static_cast<std::size_t>(bytes_), cudaMemcpyHostToDevice),
          "Writing device memory");
}

std::vector<float> DeviceArray::readNumbers(ElementType type) const {
  if (type == ElementType::kFloat32) return read<float>();
  std::vector<float> numbers;
  if (type == ElementType::kBFloat16)
    for (const __nv_bfloat16 x : read<__nv_bfloat16>()) numbers.push_back(__bfloat162float(x));
  else
    for (const __half x : read<__half>()) numbers.push_back(__half2float(x));
  return numbers;
}

void DeviceArray::writeNumbers(std::span<float> values, ElementType type) {
  if (type == ElementType::kFloat32) return write(values.data());
  if (type == ElementType::kBFloat16) {
    std::vector<__nv_bfloat16> stored;
    for (float &x : values) {
      stored.push_back(__float2bfloat16(x));
      x = __bfloat162float(stored.back());
    }
    return write(stored.data());
  }
  std::vector<__half> stored;
  for (float &x : values) {
    stored.push_back(__float2half(x));
    x = __half2float(stored.back());
  }
  write(stored.data());
}

void fillRandom(const DeviceArray &array, ElementType type, float scale, std::uint64_t seed,
                cudaStream_t stream) {
  if (array.bytes() == 0) return;
  fillKernel<<<1056, 256, 0, stream>>>(array.data(), type, array.bytes() / bytesOf(type), scale,
                                       seed);
  require(cudaGetLastError(), "Filling device memory");
}

void readThrough(const DeviceArray &array, cudaStream_t stream) {
  readKernel<<<1056, 256, 0, stream>>>(array.as<uint4>(), array.bytes() / 16, array.as<unsigned>());
  require(cudaGetLastError(), "Reading through memory");
}

void copyAll(const DeviceArray &from, const DeviceArray &to, cudaStream_t stream) {
  const std::int64_t count = from.bytes() / 16;
  copyKernel<<<static_cast<unsigned>((count + 1023) / 1024), 256, 0, stream>>>(
      from.as<uint4>(), to.as<uint4>(), count);
  require(cudaGetLastError(), "Copying");
}

void setColumn(const DeviceArray &array, ElementType type, std::int64_t rows, std::int64_t columns,
               const std::vector<float> &values, cudaStream_t stream) {
  DeviceArray device(rows * 4);
  device.write(values.data());
  columnKernel<<<static_cast<unsigned>((rows + 255) / 256), 256, 0, stream>>>(
      array.data(), type, rows, columns, device.as<float>());
  require(cudaStreamSynchronize(stream), "Setting a column");
}

} // namespace hotloop::kernels::program
