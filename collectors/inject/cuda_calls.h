#pragma once

#include <cstdint>
#include <string_view>

#include "core/ring/cuda_records.h"

// CUDA calls and graph nodes, recorded in the thread that makes them: rules as in producer.h.
namespace hotloop::inject {

// A call begins. Its location is taken, and a stack where its class asks for one. Calls made inside
// of another one (the runtime calls the driver) are not recorded: their outermost is.
void apiBegin(std::uint8_t domain, std::uint32_t cbid, std::uint32_t correlation,
              ring::ApiClass apiClass) noexcept;
// It returned `status`. `name` without version suffix.
void apiEnd(std::uint8_t domain, std::uint32_t cbid, ring::ApiClass apiClass, std::string_view name,
            std::int32_t status) noexcept;
// Whether the calling thread is in this call, and it is the outermost one.
bool apiIsOutermost(std::uint8_t domain, std::uint32_t cbid) noexcept;

// Calls are told again after a time in which they were not.
void apiWindowOpens() noexcept;

// A node was made (by a capture, or by hand), or cloned from `original` at instantiation. The
// first gets the location, a stack, and the name of the operator that the thread is in.
void graphNode(std::uint32_t graph, std::uint64_t node, std::uint64_t original,
               std::uint32_t kind) noexcept;

} // namespace hotloop::inject
