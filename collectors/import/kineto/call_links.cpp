#include "collectors/import/kineto/call_links.h"

#include <algorithm>
#include <bit>

namespace hotloop::kineto {

namespace {

constexpr std::size_t kMostHeld = 300'000;
constexpr std::size_t kMostPages = 1'000; // 24 MiB; more are ids strewn at random
constexpr std::uint32_t kPageBits = 16;

} // namespace

bool CallLinks::mark(Mark what, std::uint32_t correlation) {
  const std::uint32_t number = correlation >> kPageBits;
  auto page = pages_.find(number);
  if (page == pages_.end()) {
    if (marksFull_ || pages_.size() >= kMostPages) {
      marksFull_ = true;
      return false;
    }
    page = pages_.try_emplace(number).first;
  }
  auto &bits = page->second.bits[what];
  if (bits.empty()) bits.resize((1u << kPageBits) / 64);
  std::uint64_t &word = bits[(correlation & ((1u << kPageBits) - 1)) / 64];
  const std::uint64_t bit = std::uint64_t{1} << (correlation % 64);
  const bool known = (word & bit) != 0;
  word |= bit;
  return known;
}

void CallLinks::addCall(const ApiEvent &call, CallRole role) {
  if (call.correlation != 0 && mark(call.domain == 2 ? kDriver : kRuntime, call.correlation))
    ++counts_.duplicateCalls;
  if (role == CallRole::kOther) return;
  calls_.push_back({call.lane, role, call.start, call.duration, call.name, call.correlation});
  if (calls_.size() >= kMostHeld) settleHeld();
}

void CallLinks::addCopy(const MemcpyEvent &copy) {
  addDeviceWork(copy.correlation);
  copies_.push_back(copy);
  if (copies_.size() >= kMostHeld) settleHeld();
}

void CallLinks::addSync(const SyncEvent &sync) {
  syncs_.push_back(sync);
  ++counts_.syncRecords;
  if (syncs_.size() >= kMostHeld) settleHeld();
}

void CallLinks::addDeviceWork(std::uint32_t correlation) {
  if (correlation != 0) mark(kDevice, correlation);
}

void CallLinks::addFromCall(const Call &call) {
  SyncEvent sync;
  sync.start = call.start;
  sync.duration = call.duration;
  sync.lane = call.lane;
  sync.name = call.name;
  sync.kind = syncKindOf(call.role);
  sync.correlation = call.correlation;
  sink_.add(sync);
  ++counts_.syncsFromCalls;
}

void CallLinks::settleHeld() {
  std::ranges::stable_sort(calls_, {}, &Call::correlation);
  const auto callOf = [&](std::uint32_t correlation) -> const Call * {
    if (correlation == 0) return nullptr;
    const auto found = std::ranges::lower_bound(calls_, correlation, {}, &Call::correlation);
    return found != calls_.end() && found->correlation == correlation ? &*found : nullptr;
  };
  for (MemcpyEvent &copy : copies_) {
    const Call *call = callOf(copy.correlation);
    // A copy without its call is one of a graph, or of a program that was attached to: those are
    // asynchronous more often than not.
    copy.async = call == nullptr || call->role == CallRole::kCopyAsync;
    sink_.add(copy);
  }
  std::vector<std::uint32_t> recorded;
  for (SyncEvent &sync : syncs_) {
    if (const Call *call = callOf(sync.correlation)) sync.lane = call->lane;
    recorded.push_back(sync.correlation);
    sink_.add(sync);
  }
  std::ranges::sort(recorded);
  for (const Call &call : calls_) {
    if (syncKindOf(call.role) != 0 && !std::ranges::binary_search(recorded, call.correlation))
      addFromCall(call);
  }
  calls_.clear();
  copies_.clear();
  syncs_.clear();
}

void CallLinks::settle() {
  settleHeld();
  if (marksFull_) return;
  for (const auto &[number, page] : pages_) {
    const auto &device = page.bits[kDevice];
    for (std::size_t i = 0; i < device.size(); ++i) {
      std::uint64_t called = 0;
      for (const Mark what : {kRuntime, kDriver})
        if (!page.bits[what].empty()) called |= page.bits[what][i];
      counts_.orphans += std::popcount(device[i] & ~called);
    }
  }
}

} // namespace hotloop::kineto
