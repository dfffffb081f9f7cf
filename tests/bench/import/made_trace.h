#pragma once

#include <cstdint>
#include <string>

namespace hotloop::bench {

// Writes a trace of about `bytes` in the exact layout of torch.profiler 2.11: steps of operators,
// launches, kernels, copies, arrows, Python functions, with ids and times that go on. Gives the
// number of objects in it.
std::int64_t writeMadeTrace(const std::string &path, std::uint64_t bytes);

// Writes an nsys export with about `rows` rows of calls, kernels and NVTX ranges; gives their
// number.
std::int64_t writeMadeNsys(const std::string &path, std::int64_t rows);

} // namespace hotloop::bench
