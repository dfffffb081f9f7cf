#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "kernels/moe_ops/reference.h"
#include "kernels/program/check.h"

namespace hotloop::kernels::program {

enum class Quantity {
  kLogits,
  kHidden,
  kActivated,
  kY,
  kOut,
  kDHidden,
  kScaledActivated,
  kDRows,
  kDUp,
  kDDown,
  kDLogits,
  kDx,
  kDGate
};

// What the device answered for one case; compared later, on another thread.
struct Observation {
  Quantity quantity;
  std::string by; // operator and variant
  std::vector<float> values;
};
struct CaseRecord {
  CheckCase test;
  MoeNumbers numbers;
  std::vector<double> dOut;
  std::vector<float> logits, weights, lse, balance;
  float loss = 0, balanceFactor = 0, zFactor = 0;
  std::vector<std::int32_t> ids, ends, rowOfSlot, slotOfRow, schedule, tileCounts;
  std::vector<float> rows;
  std::vector<Observation> observations;
  std::vector<std::string> failures; // found on the device already (bits that differ)
};

// Appends to `lines` one JSON line per comparison; returns the failures.
int compareCase(const CaseRecord &record, std::vector<std::string> &lines);

} // namespace hotloop::kernels::program
