#pragma once

#include <cupti.h>

#include <cstdint>
#include <span>

#include "core/ring/cuda_records.h"

// Which calls of the runtime and the driver are recorded: launches, synchronisations, copies,
// memory, graphs, handles, module loading. Not the thousands of cudaGetDevice and cudaGetLastError
// that frameworks make, and not polling (cudaEventQuery), unless everything is asked for.
namespace hotloop::cupti {

struct ApiEntry {
  CUpti_CallbackId id;
  ring::ApiClass apiClass;
};

std::span<const ApiEntry> runtimeApis();
std::span<const ApiEntry> driverApis();

// Class of any call, also of those that are not in the lists (kOther).
ring::ApiClass classOf(CUpti_CallbackDomain domain, CUpti_CallbackId id) noexcept;

} // namespace hotloop::cupti
