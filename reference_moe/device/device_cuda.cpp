#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>

#include "reference_moe/device/device.h"
#include "reference_moe/device/spin.h"

namespace hotloop::moe {
namespace {

constexpr auto kAll = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);

at::cuda::CUDAStream sideStream() {
  static const at::cuda::CUDAStream kStream = at::cuda::getStreamFromPool(false, 0);
  return kStream;
}

// The allocator knows no device before LibTorch's first use of it.
void initialize() { at::globalContext().lazyInitDevice(at::kCUDA); }

void check(cudaError_t error, const char *what) {
  if (error != cudaSuccess)
    throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(error));
}

} // namespace

void probeDevice(Machine &machine) {
  machine.cuda = at::hasCUDA() && at::cuda::device_count() > 0;
  if (!machine.cuda) {
    machine.whyNoCuda = "LibTorch finds no CUDA device on this machine (no GPU, no driver, or a "
                        "LibTorch built for the CPU)";
    return;
  }
  const cudaDeviceProp *properties = at::cuda::getDeviceProperties(0);
  machine.deviceBytes = static_cast<std::int64_t>(properties->totalGlobalMem);
#ifdef HOTLOOP_MOE_KERNELS
  if (properties->major >= 8) machine.cudaKernels = {Amp::kOff, Amp::kBf16, Amp::kFp16};
#endif
}

std::string deviceName() {
  if (!at::hasCUDA() || at::cuda::device_count() == 0) return {};
  int driver = 0;
  cudaDriverGetVersion(&driver);
  return std::string(at::cuda::getDeviceProperties(0)->name) + ", driver for CUDA " +
         std::to_string(driver / 1000) + "." + std::to_string(driver % 1000 / 10);
}

AllocatorState deviceAllocator() {
  initialize();
  const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(0);
  AllocatorState state;
  state.bytes = stats.allocated_bytes[kAll].current;
  state.peakBytes = stats.allocated_bytes[kAll].peak;
  state.reservedPeakBytes = stats.reserved_bytes[kAll].peak;
  state.events = stats.allocation[kAll].allocated;
  state.driverCalls = stats.num_device_alloc + stats.num_device_free;
  return state;
}

void resetDevicePeak() {
  initialize();
  c10::cuda::CUDACachingAllocator::emptyCache();
  c10::cuda::CUDACachingAllocator::resetPeakStats(0);
}
void synchronizeDevice() { check(cudaDeviceSynchronize(), "cudaDeviceSynchronize"); }

struct StreamScope::Guard {
  Guard() : guard(sideStream()) {}
  c10::cuda::CUDAStreamGuard guard;
};

StreamScope::StreamScope(bool use) {
  if (!use) return;
  at::cuda::CUDAEvent before;
  before.record(at::cuda::getDefaultCUDAStream(0));
  before.block(sideStream());
  guard_ = std::make_unique<Guard>();
}
StreamScope::~StreamScope() {
  if (!guard_) return;
  at::cuda::CUDAEvent after;
  after.record(sideStream());
  after.block(at::cuda::getDefaultCUDAStream(0));
}

struct GraphPool::Id {
  at::cuda::MempoolId_t id;
};
GraphPool::GraphPool() : id_(new Id{at::cuda::graph_pool_handle()}) {}
GraphPool::~GraphPool() = default;

struct CapturedGraph::Graph {
  at::cuda::CUDAGraph graph{/*keep_graph=*/true};
};

CapturedGraph::CapturedGraph(const GraphPool &pool, const std::function<void()> &work)
    : graph_(std::make_unique<Graph>()) {
  check(cudaDeviceSynchronize(), "before the capture");
  // Thread-local: other threads (autograd's) may call the runtime while this one captures.
  graph_->graph.capture_begin(pool.id().id, cudaStreamCaptureModeThreadLocal);
  try {
    work();
  } catch (...) {
    try {
      graph_->graph.capture_end(); // also ends a capture that was invalidated
    } catch (const std::exception &) {
    }
    (void)cudaGetLastError();
    throw;
  }
  graph_->graph.capture_end();
  std::size_t count = 0;
  cudaGraph_t raw = graph_->graph.raw_cuda_graph();
  check(cudaGraphGetNodes(raw, nullptr, &count), "cudaGraphGetNodes");
  std::vector<cudaGraphNode_t> nodes(count);
  check(cudaGraphGetNodes(raw, nodes.data(), &count), "cudaGraphGetNodes");
  nodes_ = static_cast<std::int64_t>(count);
  for (cudaGraphNode_t node : nodes) {
    cudaGraphNodeType type{};
    check(cudaGraphNodeGetType(node, &type), "cudaGraphNodeGetType");
    kernels_ += type == cudaGraphNodeTypeKernel;
  }
  graph_->graph.instantiate();
}
CapturedGraph::~CapturedGraph() = default;

void CapturedGraph::replay() { graph_->graph.replay(); }

bool capturing() {
  return at::hasCUDA() &&
         c10::cuda::currentStreamCaptureStatusMayInitCtx() != c10::cuda::CaptureStatus::None;
}

void spinDevice(double microseconds) {
  check(launchSpin(static_cast<std::int64_t>(microseconds * 1e3), at::cuda::getCurrentCUDAStream()),
        "the kernel of --inject-delay");
}

void launchNothing() {
  check(launchSpin(0, at::cuda::getCurrentCUDAStream()), "the launch of --inject-delay");
}

void copyToDevice(double microseconds) {
  constexpr std::int64_t kCalibration = 64 << 20;
  // Never destroyed: at the end of the process the driver may be gone before them.
  static at::Tensor &host = *new at::Tensor, &device = *new at::Tensor;
  static double bytesPerMicrosecond = 0;
  if (bytesPerMicrosecond == 0) {
    host = at::zeros({kCalibration}, at::TensorOptions().dtype(at::kByte).pinned_memory(true));
    device = at::zeros({kCalibration}, at::TensorOptions().dtype(at::kByte).device(at::kCUDA, 0));
    at::cuda::CUDAEvent begin(cudaEventDefault), end(cudaEventDefault);
    device.copy_(host, true);
    begin.record();
    device.copy_(host, true);
    end.record();
    end.synchronize();
    bytesPerMicrosecond = static_cast<double>(kCalibration) / (begin.elapsed_time(end) * 1e3);
  }
  auto left =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(microseconds * bytesPerMicrosecond));
  while (left > 0) {
    const std::int64_t size = std::min(left, kCalibration);
    device.narrow(0, 0, size).copy_(host.narrow(0, 0, size), /*non_blocking=*/true);
    left -= size;
  }
}

} // namespace hotloop::moe
