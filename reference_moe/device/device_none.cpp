#include <stdexcept>

#include "reference_moe/device/device.h"

namespace hotloop::moe {
namespace {

[[noreturn]] void none() {
  throw std::runtime_error("this build has no CUDA support (HOTLOOP_WITH_CUDA=OFF)");
}

} // namespace

struct StreamScope::Guard {};
struct GraphPool::Id {};
struct CapturedGraph::Graph {};

void probeDevice(Machine &machine) {
  machine.cuda = false;
  machine.whyNoCuda = "this build has no CUDA support (HOTLOOP_WITH_CUDA=OFF)";
}
std::string deviceName() { return {}; }
AllocatorState deviceAllocator() { return {}; }
void resetDevicePeak() {}
void synchronizeDevice() {}
StreamScope::StreamScope(bool use) {
  if (use) none();
}
StreamScope::~StreamScope() = default;
GraphPool::GraphPool() { none(); }
GraphPool::~GraphPool() = default;
CapturedGraph::CapturedGraph(const GraphPool &, const std::function<void()> &) { none(); }
CapturedGraph::~CapturedGraph() = default;
void CapturedGraph::replay() {}
bool capturing() { return false; }
void spinDevice(double) { none(); }
void launchNothing() { none(); }
void copyToDevice(double) { none(); }

} // namespace hotloop::moe
