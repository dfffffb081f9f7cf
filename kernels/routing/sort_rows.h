#pragma once

#include <cstdint>

namespace hotloop::kernels {

// The order of rows that all grouped paths share: rows sorted by (expert, token, slot), stable.
// A slot is a (token, j) pair, numbered token * k + j.
struct SortRows {
  std::int64_t slots = 0;             // T k
  std::int64_t topK = 1;              // k
  std::int64_t experts = 0;           // E
  const std::int64_t *ids = nullptr;  // [T k], each in [0, E)
  std::int32_t *ends = nullptr;       // [E]: rows of expert e are [ends[e-1], ends[e])
  std::int64_t *rowOfSlot = nullptr;  // [T k]
  std::int64_t *slotOfRow = nullptr;  // [T k], the inverse
  std::int64_t *tokenOfRow = nullptr; // [T k] = slotOfRow / k
};

// Counting sort: two passes, O(T k + E). Owns nothing; arrays must not overlap.
void sortRows(const SortRows &args);

} // namespace hotloop::kernels
