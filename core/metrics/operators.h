#pragma once

#include <cstdint>
#include <string_view>

namespace hotloop {

// What a LibTorch operator would do on a GPU, by its name, with the source of each entry in
// operators.cpp. The collector asks it to decide where to take a stack, analyzers to count.
enum class OperatorTrait : std::uint32_t {
  kNone = 0,
  kHostSync = 1u << 0,     // waits for the device: reads a value or a size back
  kDynamicShape = 1u << 1, // the size of its result depends on values
  kNoLaunch = 1u << 2,     // views and metadata: starts no device work
  kAllocates = 1u << 3,    // makes a new tensor as its purpose (empty, zeros, cat, clone, ...)
  kComposite = 1u << 4,    // only calls other operators; never counted itself
};

constexpr OperatorTrait operator|(OperatorTrait a, OperatorTrait b) {
  return static_cast<OperatorTrait>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr bool has(OperatorTrait set, OperatorTrait trait) {
  return (static_cast<std::uint32_t>(set) & static_cast<std::uint32_t>(trait)) != 0;
}

// Traits of an operator by schema name without overload ("aten::nonzero"). kNone for unknown names.
// No allocation; about 50 ns; safe from any thread.
OperatorTrait operatorTraits(std::string_view name);

// Device launches that a leaf operator (one that called no other) would cost: 0 for kNoLaunch, 1 for most,
// more where a CUDA implementation is known to need several (source in operators.cpp).
int wouldBeLaunches(std::string_view name);

} // namespace hotloop
