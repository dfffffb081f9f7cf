#include "cli/prove/prove_seal.h"

#include <cmath>

#include <fmt/format.h>

#include "analyzers/analysis.h"
#include "analyzers/results.h"
#include "core/base/sha256.h"
#include "core/store/result_store.h"
#include "core/store/run_reader.h"

namespace hotloop::cli {

namespace {

std::string sealText(const ProvedProgram &program) {
  std::string text =
      fmt::format("program {} t0_ms {:.6f}\n", program.name, sixDigits(program.unprofiledMs));
  for (const ProvedCase &one : program.cases) {
    const CasePrediction &p = one.prediction;
    text += p.abstained.empty()
                ? fmt::format("{} gain {:.6f} [{:.6f}, {:.6f}] trust {}{}{}\n", one.name,
                              sixDigits(p.gain), sixDigits(p.low), sixDigits(p.high), p.trust,
                              p.bound.empty() ? "" : " bound " + p.bound,
                              p.belowResolution ? " below-resolution" : "")
                : fmt::format("{} abstained\n", one.name);
  }
  return text;
}

} // namespace

double sixDigits(double value) { return std::round(value * 1e6) / 1e6; }

Seal sealOf(const ProvedProgram &program, const std::string &time) {
  Seal seal;
  seal.text = sealText(program);
  seal.sha256 = sha256Hex(seal.text);
  seal.time = time;
  return seal;
}

bool sealHolds(const ProvedProgram &program) {
  return program.seal.sha256 == sha256Hex(program.seal.text) &&
         program.seal.text == sealText(program);
}

Result<void> storePredictions(const std::string &path, const ProvedProgram &program) {
  HOTLOOP_ASSIGN(const TraceView trace, loadRun(path));
  AnalysisOptions options;
  if (program.unprofiledMs > 0)
    options.unprofiled = Nanoseconds(static_cast<std::int64_t>(program.unprofiledMs * 1e6));
  HOTLOOP_ASSIGN(const Analysis analysis, analyze(trace, options));
  return storeResults(path, [&](TraceSink &sink) {
    storeResults(trace, analysis, sink);
    const double step = program.unprofiledMs * 1e6;
    for (const ProvedCase &one : program.cases) {
      const CasePrediction &p = one.prediction;
      sink.add(PredictionRow{0, sink.intern(one.name), p.gain * step, p.low * step, p.high * step,
                             sink.intern(p.trust), sink.intern(p.abstained)});
    }
    sink.add(PredictionRow{0, sink.intern("seal sha256:" + program.seal.sha256), 0, 0, 0,
                           sink.intern(""), sink.intern("sealed " + program.seal.time)});
  });
}

} // namespace hotloop::cli
