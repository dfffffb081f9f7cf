#pragma once

#include <cstdint>

#include "samples/torch_headers.h"

// Keeps a function a frame of its own in call stacks, so that labels.toml can name it.
#define HOTLOOP_SAMPLE_SITE [[gnu::noinline]]

namespace hotloop::samples {

// The samples are about what the host does: their operators stay on the calling thread.
void useOneThread();

// Normal values, float32, the same for the same seed.
at::Tensor values(at::IntArrayRef shape, std::uint64_t seed);

// Integers in [0, limit), int64, the same for the same seed.
at::Tensor integers(std::int64_t limit, at::IntArrayRef shape, std::uint64_t seed);

} // namespace hotloop::samples
