#include "kernels/program/timing.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace hotloop::kernels::program {

Timer::Timer(int repeats) : repeats_(repeats), flush_(std::int64_t{256} << 20) {
  require(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "Making a stream");
  require(cudaEventCreate(&begin_), "Making an event");
  require(cudaEventCreate(&end_), "Making an event");
  fillRandom(flush_, ElementType::kFloat32, 1, 99, stream_);
}
Timer::~Timer() {
  cudaEventDestroy(begin_);
  cudaEventDestroy(end_);
  cudaStreamDestroy(stream_);
}

// A clock that an earlier load has lowered is back within this time.
constexpr std::chrono::milliseconds kSettle{30};

Spread Timer::measure(const std::function<void(cudaStream_t)> &work, bool cold) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t program = nullptr;
  require(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "Capturing");
  work(stream_);
  require(cudaStreamEndCapture(stream_, &graph), "Capturing");
  require(cudaGraphInstantiate(&program, graph, 0), "Instantiating the graph");
  std::vector<double> times;
  const auto begun = std::chrono::steady_clock::now();
  for (int i = -3; i < repeats_;) {
    if (cold) readThrough(flush_, stream_);
    require(cudaEventRecord(begin_, stream_), "Timing");
    require(cudaGraphLaunch(program, stream_), "Replaying");
    require(cudaEventRecord(end_, stream_), "Timing");
    require(cudaEventSynchronize(end_), "Timing");
    float milliseconds = 0;
    require(cudaEventElapsedTime(&milliseconds, begin_, end_), "Timing");
    if (i >= 0) times.push_back(milliseconds * 1e3);
    if (i != -1 || std::chrono::steady_clock::now() - begun > kSettle) ++i;
  }
  require(cudaGraphExecDestroy(program), "Destroying the graph");
  require(cudaGraphDestroy(graph), "Destroying the graph");
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1) + 0.5)];
  };
  return {at(0.1), at(0.5), at(0.9)};
}

double Timer::copyRate() {
  DeviceArray from(std::int64_t{1} << 30), to(std::int64_t{1} << 30);
  fillRandom(from, ElementType::kFloat32, 1, 7, stream_);
  const Spread spread = measure([&](cudaStream_t stream) { copyAll(from, to, stream); }, false);
  return 2.0 * static_cast<double>(from.bytes()) / spread.median;
}

} // namespace hotloop::kernels::program
