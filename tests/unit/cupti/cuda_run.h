#pragma once

#include <string>
#include <string_view>

#include "tests/unit/inject/recorded_run.h"

// Records the CUDA target (targets/cuda_target.cpp) over libfakecupti.so.13.
namespace hotloop::testing {

std::string fakeCupti();
std::string cudaTarget();

// `fakeWords`: what FAKE_CUPTI says (tests/support/fake_cupti). Asserts that recording works.
Recorded recordCuda(const std::string &mode, int number = 4, const std::string &fakeWords = {},
                    RecordOptions options = {});

// Rows of a table that have this name.
std::size_t apisNamed(const TraceView &run, std::string_view name);
std::size_t kernelsNamed(const TraceView &run, std::string_view name);

} // namespace hotloop::testing
