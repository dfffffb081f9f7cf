#pragma once

#include <cuda.h>

#include "core/base/result.h"
#include "kernels/moe_ops/moe_ops.h"

// What the host does for a launch: tensor maps (64 bytes of arithmetic, no device work), and the
// launch itself.
namespace hotloop::kernels::hopper {

// A row-major matrix [planes, rows, columns] of 2-byte numbers, read in boxes of 64 columns.
struct MapShape {
  const void *data = nullptr;
  ElementType type = ElementType::kBFloat16;
  std::int64_t columns = 0, rows = 0, planes = 1;
  int boxRows = 0;
  bool threeDimensional = false;
};
Result<void> makeMap(const MapShape &shape, CUtensorMap &map);

// Persistent kernels: one block per multiprocessor.
Result<int> multiprocessors();

// Not set up early (programmatic launch): measured, the whole layer takes 10 % longer with it.
Result<void> launchPersistent(const void *kernel, int blocks, int threads, int sharedBytes,
                              void *argument, cudaStream_t stream);

} // namespace hotloop::kernels::hopper
