#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace hotloop {

// A row id of one table, as a type of its own, so that a stream cannot be passed for a thread.
// 0 means "none" in every table; rows count from 1.
template <class Tag> struct Id {
  std::uint32_t value = 0;

  constexpr Id() = default;
  constexpr explicit Id(std::uint32_t v) : value(v) {}
  constexpr explicit operator bool() const { return value != 0; }
  constexpr auto operator<=>(const Id &) const = default;
};

using StringId = Id<struct StringTag>;   // `string`; 0 is the empty string
using ProcessId = Id<struct ProcessTag>; // `process`; not the operating system's pid
using ThreadId = Id<struct ThreadTag>;   // `thread`; the lane of host events
using DeviceId = Id<struct DeviceTag>;   // `device`
using StreamId = Id<struct StreamTag>;   // `stream`; the lane of device events
using FrameId = Id<struct FrameTag>;     // `frame`
using StackId = Id<struct StackTag>;     // `stack`: the leaf node of a call stack
using StepId = Id<struct StepTag>;       // `step`

} // namespace hotloop

template <class Tag> struct std::hash<hotloop::Id<Tag>> {
  std::size_t operator()(hotloop::Id<Tag> id) const noexcept { return id.value; }
};
