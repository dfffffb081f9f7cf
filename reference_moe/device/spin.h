#pragma once

#include <cstdint>

#include <cuda_runtime_api.h>

namespace hotloop::moe {

// One thread that waits until the GPU's global timer has advanced by this much (its resolution is
// about a microsecond or better). 0: an empty kernel.
cudaError_t launchSpin(std::int64_t nanoseconds, cudaStream_t stream);

} // namespace hotloop::moe
