#pragma once

#include <cstddef>
#include <cstdint>

#include "collectors/cupti/cupti_api.h"
#include "core/ring/cuda_records.h"

namespace hotloop::cupti {

// Takes what decodeActivities() finds. Records come without their names' ids: `name`, where it is
// not null, is to be put at `nameField` within the record.
class ActivityOutput {
public:
  virtual ~ActivityOutput() = default;
  virtual void record(ring::RecordHeader *record, std::uint32_t *nameField, const char *name) = 0;
};

struct DecodeCounts {
  std::uint64_t unknown = 0; // kinds that we did not ask for, buffers that could not be read on
  std::uint64_t noTime = 0;  // device work without times
  std::uint64_t dropped = 0; // static variables of modules: of no interest, one per variable
};

// The records of one buffer of CUPTI 13, which may lie in any order.
DecodeCounts decodeActivities(const CuptiApi &api, std::uint8_t *buffer, std::size_t bytes,
                              ActivityOutput &output);

// "lazy function loading" and the like.
const char *overheadName(std::uint32_t kind) noexcept;

} // namespace hotloop::cupti
