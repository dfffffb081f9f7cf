#include "analyzers/rules/step_picture.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "analyzers/steps/lanes.h"

namespace hotloop {

namespace {

constexpr std::size_t kColumns = 64;

class Canvas {
public:
  Canvas(Nanoseconds start, Nanoseconds end)
      : start_(start),
        perColumn_(std::max(1.0, static_cast<double>((end - start).count) / kColumns)) {}

  void draw(std::string &row, Nanoseconds from, Nanoseconds to, char mark) const {
    const double first = static_cast<double>((from - start_).count) / perColumn_;
    const double last = static_cast<double>((to - start_).count) / perColumn_;
    if (last < 0 || first >= kColumns) return;
    const auto begin = static_cast<std::size_t>(std::max(0.0, first));
    const auto end =
        static_cast<std::size_t>(std::clamp(std::ceil(last), begin + 1.0, double(kColumns)));
    for (std::size_t i = begin; i < end && i < kColumns; ++i) row[i] = mark;
  }
  double perColumnMs() const { return perColumn_ * 1e-6; }

private:
  Nanoseconds start_;
  double perColumn_;
};

// The steady step of the most usual length among those that hold a row of the finding.
std::uint32_t typicalStep(const RuleInput &input, const RuleFinding &finding) {
  std::vector<std::uint8_t> holds(input.steps.all.size());
  const auto mark = [&](std::uint32_t step) {
    if (step != kNoIndex) holds[step] = 1;
  };
  for (const std::uint32_t op : finding.ops) mark(input.ops.step[op]);
  for (const std::uint32_t call : finding.calls) mark(input.device.step[call]);
  for (const std::uint32_t call : finding.fix.calls) mark(input.device.step[call]);
  for (const std::uint32_t row : finding.allocations) mark(input.allocations.step[row]);
  std::uint32_t best = kNoIndex;
  std::int64_t off = 0;
  for (const std::uint32_t step : input.steps.steady) {
    if (holds[step] == 0) continue;
    const Step &window = input.steps.all[step];
    const std::int64_t differs =
        std::abs((window.end - window.start).count - input.stepDuration.count);
    if (best != kNoIndex && differs >= off) continue;
    best = step;
    off = differs;
  }
  return best;
}

} // namespace

std::string stepPicture(const RuleInput &input, const RuleFinding &finding) {
  const std::uint32_t step = typicalStep(input, finding);
  if (step == kNoIndex) return {};
  const Step &window = input.steps.all[step];
  const Canvas canvas(window.start, window.end);
  std::string host(kColumns, '.'), device(kColumns, '.'), here(kColumns, ' ');
  const auto &ops = input.trace->ops;
  for (std::uint32_t op = 0; op < input.ops.size(); ++op)
    if (input.ops.step[op] == step && input.ops.isOperator[op] != 0 &&
        ops.lane[op] == input.steps.lane)
      canvas.draw(host, ops.start[op], endOf(ops.start[op], ops.duration[op]), '=');
  const auto &apis = input.trace->apis;
  for (std::uint32_t call = 0; call < input.device.calls(); ++call) {
    if (input.device.step[call] != step || apis.lane[call] != input.steps.lane) continue;
    canvas.draw(host, apis.start[call], endOf(apis.start[call], apis.duration[call]),
                input.device.waited[call] > 0 ? 'w' : '=');
  }
  for (const DeviceItem item : input.device.work.all())
    if (item.end > window.start && item.start < window.end)
      canvas.draw(device, item.start, item.end, '#');
  for (const std::uint32_t op : finding.ops)
    if (input.ops.step[op] == step)
      canvas.draw(here, ops.start[op], endOf(ops.start[op], ops.duration[op]), '^');
  for (const auto *calls : {&finding.calls, &finding.fix.calls})
    for (const std::uint32_t call : *calls)
      if (input.device.step[call] == step)
        canvas.draw(here, apis.start[call], endOf(apis.start[call], apis.duration[call]), '^');
  const double ms = static_cast<double>((window.end - window.start).count) * 1e-6;
  std::string text =
      fmt::format("step {}, {:.3f} ms, a column is {:.4f} ms\n  before  host    {}\n",
                  window.number, ms, canvas.perColumnMs(), host);
  if (input.trace.hasDeviceRecords()) text += fmt::format("          device  {}\n", device);
  here.erase(here.find_last_not_of(' ') + 1);
  if (!here.empty()) text += fmt::format("          here    {}\n", here);
  if (const auto &gain = finding.finding.gain.estimate) {
    const double share = std::clamp(1 - gain->share, 0.0, 1.25);
    text += fmt::format("  after   step    {} {:.1f} % of it [{:.1f}, {:.1f}]\n",
                        std::string(static_cast<std::size_t>(std::lround(share * kColumns)), '='),
                        100 * share,
                        gain->ms != 0 ? 100 * (1 - gain->share * gain->highMs / gain->ms) : 100.0,
                        gain->ms != 0 ? 100 * (1 - gain->share * gain->lowMs / gain->ms) : 100.0);
  }
  return text;
}

} // namespace hotloop
