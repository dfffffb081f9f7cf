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

namespace {

Spread spreadOf(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1) + 0.5)];
  };
  return {at(0.1), at(0.5), at(0.9)};
}

} // namespace

cudaGraphExec_t Timer::capture(const Work &work) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t program = nullptr;
  require(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "Capturing");
  work(stream_);
  require(cudaStreamEndCapture(stream_, &graph), "Capturing");
  require(cudaGraphInstantiate(&program, graph, 0), "Instantiating the graph");
  require(cudaGraphDestroy(graph), "Destroying the graph");
  return program;
}

double Timer::replay(cudaGraphExec_t program, bool cold) {
  if (cold) readThrough(flush_, stream_);
  require(cudaEventRecord(begin_, stream_), "Timing");
  require(cudaGraphLaunch(program, stream_), "Replaying");
  require(cudaEventRecord(end_, stream_), "Timing");
  require(cudaEventSynchronize(end_), "Timing");
  float milliseconds = 0;
  require(cudaEventElapsedTime(&milliseconds, begin_, end_), "Timing");
  return milliseconds * 1e3;
}

std::vector<Spread> Timer::measure(const std::vector<Work> &works, bool cold) {
  std::vector<cudaGraphExec_t> programs;
  for (const Work &work : works) programs.push_back(capture(work));
  std::vector<std::vector<double>> times(works.size());
  const auto begun = std::chrono::steady_clock::now();
  for (int i = -3; i < repeats_;) {
    for (std::size_t w = 0; w < programs.size(); ++w) {
      const double time = replay(programs[w], cold);
      if (i >= 0) times[w].push_back(time);
    }
    if (i != -1 || std::chrono::steady_clock::now() - begun > std::chrono::milliseconds(kSettleMs))
      ++i;
  }
  for (cudaGraphExec_t program : programs)
    require(cudaGraphExecDestroy(program), "Destroying the graph");
  std::vector<Spread> spreads;
  for (std::vector<double> &list : times) spreads.push_back(spreadOf(std::move(list)));
  return spreads;
}

double Timer::copyRate() {
  DeviceArray from(std::int64_t{1} << 30), to(std::int64_t{1} << 30);
  fillRandom(from, ElementType::kFloat32, 1, 7, stream_);
  const Spread spread =
      measure({[&](cudaStream_t stream) { copyAll(from, to, stream); }}, false)[0];
  return 2.0 * static_cast<double>(from.bytes()) / spread.median;
}

} // namespace hotloop::kernels::program
