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
  // Counted alone: what it calls is how the CPU path does it, and a GPU would not launch or wait
  // for it (one_hot checks its indices with item() on the CPU only; mean is a sum and a division
  // there).
  kSelfContained = 1u << 5,
};

constexpr OperatorTrait operator|(OperatorTrait a, OperatorTrait b) {
  return static_cast<OperatorTrait>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr bool has(OperatorTrait set, OperatorTrait trait) {
  return (static_cast<std::uint32_t>(set) & static_cast<std::uint32_t>(trait)) != 0;
}

// How to count. Walk down from the outermost operators of a thread:
//   kSelfContained: add wouldBeLaunches() and, with kHostSync, one wait; skip what it calls.
//   otherwise: one wait with kHostSync, wouldBeLaunches() where it called no other operator, and go
//   on into what it called.
// A scalar read (`item`, `bool`, `if tensor`) so counts once, at its root
// aten::_local_scalar_dense.

// Traits of an operator by schema name without overload ("aten::nonzero"). kNone for unknown names.
// The collector names the overloads of repeat_interleave, of which only one reads values
// ("aten::repeat_interleave.self_int"). No allocation; about 10 ns; safe from any thread.
OperatorTrait operatorTraits(std::string_view name);

// Device launches that an operator which called no other, or is kSelfContained, would cost: 0 for
// kNoLaunch, kComposite and what is no operator (autograd nodes, user scopes), 1 for most, more
// where the CUDA implementation is known to need several (source in operators.cpp).
int wouldBeLaunches(std::string_view name);

} // namespace hotloop
