#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "samples/step_loop.h"

// Samples of habits that only exist with a device: plain CUDA programs without LibTorch, built
// where nvcc is and run where a GPU is.
namespace hotloop::samples {

#define HOTLOOP_CUDA_SITE [[gnu::noinline]]

using CudaForm = double (*)(const StepLoop &loop);

struct CudaSample {
  std::string_view id;
  std::string_view summary;
  CudaForm bad = nullptr;
  CudaForm good = nullptr; // computes what `bad` computes
  CudaForm benign = nullptr;
};

std::span<const CudaSample> allCudaSamples();

// Ends the program with a sentence when a call failed.
void check(cudaError_t status, const char *what);

// Device memory of floats, all `value`.
class Floats {
public:
  explicit Floats(std::size_t count, float value = 1);
  ~Floats();
  Floats(const Floats &) = delete;
  Floats &operator=(const Floats &) = delete;
  float *data() const { return data_; }
  std::size_t count() const { return count_; }
  double sum() const; // copied to the host

private:
  float *data_ = nullptr;
  std::size_t count_;
};

// x = x * factor + shift for every element, `rounds` times over.
void scale(float *x, std::size_t count, float factor, float shift, int rounds, cudaStream_t stream);
// into[0] = the sum of x.
void sumInto(const float *x, std::size_t count, float *into, cudaStream_t stream);

// A host buffer, pinned or not.
class HostFloats {
public:
  HostFloats(std::size_t count, bool pinned, float value = 1);
  ~HostFloats();
  HostFloats(const HostFloats &) = delete;
  HostFloats &operator=(const HostFloats &) = delete;
  float *data() const { return data_; }

private:
  float *data_ = nullptr;
  std::vector<float> pageable_;
};

} // namespace hotloop::samples
