#include "core/symbolize/user_code.h"

#include <gtest/gtest.h>

namespace hotloop {
namespace {

struct Case {
  const char *module;
  const char *file;
  const char *function;
  bool user;
};

constexpr Case kCases[] = {
    // 1. headers of libraries, inlined into the user's binary
    {"/home/u/train", "/usr/include/c++/12/bits/stl_vector.h", "std::vector<int>::push_back(int)",
     false},
    {"/home/u/train", "/opt/conda/include/c++/v1/vector", "", false},
    {"/home/u/train", "/venv/site-packages/torch/include/ATen/core/TensorBody.h",
     "at::Tensor::item() const", false},
    {"/home/u/train", "/opt/libtorch/include/c10/util/intrusive_ptr.h", "", false},
    {"/home/u/train", "/opt/libtorch/include/torch/csrc/api/include/torch/nn/module.h", "", false},
    {"/home/u/train", "/usr/include/fmt/core.h", "", false},
    {"/home/u/train", "./csu/libc-start.c", "call_init", false},
    {"/home/u/train", "/home/u/src/train.cpp", "main", true},
    {"/home/u/train", "/home/u/include/model.h", "Model::forward()", true},
    {"/home/u/train", "/home/u/src/my_torch/loss.cpp", "loss(at::Tensor)", true},
    // 2. libraries
    {"/home/u/build/lib/libtorch_cpu.so", "/pytorch/aten/src/ATen/Context.cpp", "", false},
    {"/opt/libtorch/lib/libtorch_cuda.so", "", "at::native::add()", false},
    {"/opt/libtorch/lib/libc10.so", "", "", false},
    {"/opt/libtorch/lib/libc10_cuda.so", "", "", false},
    {"/opt/gcc/lib64/libstdc++.so.6", "", "", false},
    {"/opt/glibc/libc.so.6", "", "", false},
    {"/opt/glibc/libc-2.31.so", "", "", false},
    {"/opt/glibc/ld-linux-x86-64.so.2", "", "", false},
    {"/opt/glibc/libpthread.so.0", "", "", false},
    {"/opt/hotloop/lib/libhotloop.so", "", "", false},
    {"/opt/hotloop/lib/libhotloop_torch.so", "", "", false},
    {"/opt/libtorch/lib/libgomp-a34b3233.so.1", "", "", false},
    {"/usr/local/cuda/lib64/libcudart.so.12", "", "", false},
    {"/opt/driver/libcuda.so.1", "", "", false},
    {"/opt/python/bin/python3.12", "", "_PyEval_EvalFrameDefault", false},
    {"/opt/python/bin/python3.13t", "", "", false},
    {"/opt/python/lib/libpython3.11.so.1.0", "", "", false},
    {"linux-vdso.so.1", "", "", false},
    {"[vdso]", "", "", false},
    // ... and names that only look like them
    {"/home/u/libcudamodel.so", "", "step", true},
    {"/home/u/libmodel.so", "", "step", true},
    {"/home/u/libcustom.so", "", "step", true},
    {"/home/u/pythonic", "", "step", true},
    {"/home/u/python-runner", "", "step", true},
    // 3. places of libraries
    {"/usr/lib/x86_64-linux-gnu/libz.so.1", "", "deflate", false},
    {"/lib/x86_64-linux-gnu/libfoo.so", "", "", false},
    {"/venv/lib/python3.12/site-packages/numpy/core/_multiarray.so", "", "", false},
    {"/usr/local/lib/libmine.so", "", "step", true},
    // 4. instances of library templates and start-up code in the user's binary
    {"/home/u/train", "", "_start", false},
    {"/home/u/train", "", "std::vector<int>::push_back(int)", false},
    {"/home/u/train", "", "float at::Tensor::item<float>() const", false},
    {"/home/u/train", "", "unsigned long std::accumulate<int*>(int*, int*)", false},
    {"/home/u/train", "", "std::ostream& std::operator<< <char>(std::ostream&, char)", false},
    {"/home/u/train", "", "std::vector<int> app::read<int>(std::string)", true},
    {"/home/u/train", "", "app::Loss::operator()(at::Tensor) const", true},
    {"/home/u/train", "", "app::operator<(app::A, app::B)", true},
    {"/home/u/train", "", "(anonymous namespace)::step()", true},
    {"/home/u/train", "", "operator new(unsigned long)", true},
    {"/home/u/train", "", "atlas::step()", true},
    {"/home/u/train", "", "", true},
    // the source decides where it is known
    {"/home/u/train", "/home/u/src/train.cpp", "torch::nn::MyModule::forward()", true},
};

TEST(UserCode, FollowsTheTable) {
  for (const Case &c : kCases) {
    EXPECT_EQ(isUserCode(c.module, c.file, c.function), c.user)
        << c.module << " | " << c.file << " | " << c.function;
  }
}

} // namespace
} // namespace hotloop
