#include "reference_moe/device/delays.h"

#include "core/base/time.h"
#include "reference_moe/device/device.h"
#include "reference_moe/model/operators.h"

namespace hotloop::moe {
namespace {

const std::vector<Delay> *current = nullptr;
bool onDevice = false;

// Not a sleep: waking up would take tens of microseconds more.
void spinHost(double microseconds) {
  const Nanoseconds end =
      monotonicNow() + Nanoseconds(static_cast<std::int64_t>(microseconds * 1e3));
  while (monotonicNow() < end) {
  }
}

void spend(const Delay &delay) {
  switch (delay.kind) {
  case Delay::Kind::kHost: return spinHost(delay.microseconds);
  case Delay::Kind::kLaunch:
    spinHost(delay.microseconds);
    return onDevice ? launchNothing() : delayOperator(0);
  case Delay::Kind::kKernel:
    return onDevice ? spinDevice(delay.microseconds) : delayOperator(delay.microseconds);
  case Delay::Kind::kCopy:
    return onDevice ? copyToDevice(delay.microseconds) : delayOperator(delay.microseconds);
  }
}

} // namespace

DelayScope::DelayScope(const std::vector<Delay> &delays, Device device) {
  if (delays.empty()) return;
  current = &delays;
  onDevice = device == Device::kCuda;
  delaysActive = true;
}

DelayScope::~DelayScope() {
  delaysActive = false;
  current = nullptr;
}

void spendDelays(std::string_view place) {
  if (current == nullptr) return;
  for (const Delay &delay : *current)
    if (delay.place == place) spend(delay);
}

} // namespace hotloop::moe
