#include "cli/prove/prove_session.h"

#include <algorithm>

#include <fmt/format.h>

#include "analyzers/gate/paired.h"
#include "cli/gate/baseline_file.h"
#include "cli/gate/subprocess.h"
#include "cli/prove/predict_case.h"
#include "cli/prove/prove_seal.h"
#include "cli/prove/prove_statistics.h"
#include "cli/run_source.h"
#include "cli/status_line.h"

namespace hotloop::cli {

namespace {

constexpr std::size_t kLeastProcesses = 2; // the luck of one process is not seen from inside of it
constexpr std::size_t kMostProcesses = 12;
constexpr std::size_t kLeastPairs = 6; // fewer have no 95 % interval
constexpr std::size_t kMostPairs = 40;

std::string fileName(std::string name) {
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return !std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-'; },
      '-');
  return name;
}

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

bool byBench(const SuiteGroup &group) { return !group.bench.empty(); }

} // namespace

ProveSession::ProveSession(const ProveRunner &runner, const ProveSuite &suite, ProveReport &report,
                           std::function<Result<void>()> save)
    : runner_(runner), suite_(suite), report_(report), save_(std::move(save)) {}

void ProveSession::note(const std::string &text) const {
  if (runner_.context.verbosity > 0) runner_.context.note("hotloop: " + text);
}

ProvedProgram *ProveSession::find(const SuiteGroup &group, const SuiteProgram &program) {
  const auto found =
      std::find_if(report_.programs.begin(), report_.programs.end(), [&](const ProvedProgram &one) {
        return one.group == group.name && one.name == program.name;
      });
  return found == report_.programs.end() ? nullptr : &*found;
}

bool ProveSession::isOpen(const ProvedCase &one) const {
  if (one.measured.stored || !one.failure.empty()) return false;
  const std::size_t processes = one.measured.processes.size();
  const bool single = one.measured.rounds() == processes; // a pair of processes each
  if (processes < (single ? kLeastPairs : kLeastProcesses)) return true;
  if (processes >= (single ? kMostPairs : kMostProcesses)) return false;
  return one.measured.high - one.measured.low > report_.width;
}

bool ProveSession::anyOpen(const SuiteGroup &group) {
  for (const SuiteProgram &program : group.programs)
    if (const ProvedProgram *proved = find(group, program); proved && proved->failure.empty())
      for (const ProvedCase &one : proved->cases)
        if (isOpen(one)) return true;
  return false;
}

Result<void> ProveSession::run() {
  report_.skipped.clear();
  std::vector<const SuiteGroup *> groups;
  for (const SuiteGroup &group : suite_.groups) {
    if (std::string why = whyNotRunnable(group); !why.empty())
      report_.skipped.push_back({group.name, std::move(why)});
    else
      groups.push_back(&group);
  }
  const auto measureOnce = [&](const SuiteGroup &group) -> Result<void> {
    const auto start = std::chrono::steady_clock::now();
    HOTLOOP_TRY(measure(group));
    lastSeconds_[group.name] = secondsSince(start);
    return save_();
  };
  // Everything is measured once before anything is measured better.
  for (const SuiteGroup *group : groups) {
    HOTLOOP_TRY(prepare(*group));
    if (anyOpen(*group) && runner_.secondsLeft() > 0) HOTLOOP_TRY(measureOnce(*group));
  }
  for (bool worked = true; worked;) {
    worked = false;
    for (const SuiteGroup *group : groups) {
      if (!anyOpen(*group) || runner_.secondsLeft() <= 0) continue;
      if (runner_.secondsLeft() < lastSeconds_[group->name]) continue; // it would not end in time
      HOTLOOP_TRY(measureOnce(*group));
      worked = true;
    }
  }
  return {};
}

Result<void> ProveSession::prepare(const SuiteGroup &group) {
  std::vector<const SuiteProgram *> missing;
  std::vector<std::string> bases;
  for (const SuiteProgram &program : group.programs) {
    if (find(group, program) != nullptr) continue;
    missing.push_back(&program);
    if (byBench(group) && program.trace.empty()) bases.push_back(program.compare);
  }
  if (missing.empty()) return {};
  if (runner_.secondsLeft() <= 0) {
    report_.skipped.push_back({group.name, "the budget was spent before it; go on with --resume"});
    return {};
  }
  std::map<std::string, std::vector<double>> times;
  if (!bases.empty()) {
    StatusLine status(runner_.context);
    status.show(group.name + ": timing the slow sides");
    std::sort(bases.begin(), bases.end());
    bases.erase(std::unique(bases.begin(), bases.end()), bases.end());
    auto timed = runBench(runner_, group, bases);
    if (timed) times = std::move(*timed);
    // One of them fails: each alone, so that the others are proved.
    for (std::size_t i = 0; !timed && i < bases.size() && runner_.secondsLeft() > 0; ++i) {
      auto alone = runBench(runner_, group, {bases[i]});
      if (alone)
        times[bases[i]] = std::move((*alone)[bases[i]]);
      else
        report_.skipped.push_back({group.name, alone.error().message});
    }
  }
  for (const SuiteProgram *program : missing) {
    if (runner_.secondsLeft() <= 0) {
      report_.skipped.push_back(
          {group.name,
           fmt::format("the budget was spent before {}; go on with --resume", program->name)});
      return {};
    }
    const auto timed = times.find(program->compare);
    if (byBench(group) && program->trace.empty() && timed == times.end()) continue;
    const double t0 = timed == times.end() ? 0 : quantileOf(timed->second, 0.5);
    HOTLOOP_TRY(prepareProgram(group, *program, t0));
    HOTLOOP_TRY(save_());
  }
  return {};
}

Result<void> ProveSession::prepareProgram(const SuiteGroup &group, const SuiteProgram &program,
                                          double unprofiledMs) {
  ProvedProgram proved;
  proved.name = program.name;
  proved.group = group.name;
  proved.unprofiledMs = program.unprofiledMs > 0 ? program.unprofiledMs : unprofiledMs;
  proved.command = program.trace.empty() ? shellCommand(program.bad) : program.trace;
  StatusLine status(runner_.context);
  status.show(fmt::format("{}: recording and predicting", program.name));
  const bool recorded = program.trace.empty();
  std::string path = program.trace;
  if (recorded) {
    path = fmt::format("{}/{}.hotloop", runner_.folder, fileName(group.name + "-" + program.name));
    if (proved.unprofiledMs == 0) {
      const auto time = runMarked(runner_, program.bad);
      if (time)
        proved.unprofiledMs = *time;
      else
        proved.failure = time.error().message;
    }
    if (proved.failure.empty())
      if (const auto done = recordProgram(runner_, program.bad, path); !done)
        proved.failure = done.error().message;
  }
  if (proved.failure.empty()) {
    const auto trace = openTrace(runner_.context, path);
    if (trace)
      HOTLOOP_TRY(predictProgram(*trace, program, runner_.profile, proved));
    else
      proved.failure = trace.error().message;
  }
  if (proved.cases.empty())
    for (const SuiteCase &one : program.cases) {
      ProvedCase lost;
      lost.name = one.name;
      lost.fixClass = one.fixClass;
      lost.failure = lost.prediction.abstained = proved.failure;
      proved.cases.push_back(std::move(lost));
    }
  for (std::size_t i = 0; i < program.cases.size(); ++i)
    if (const auto &truth = program.cases[i].measured) {
      CaseMeasurement &measured = proved.cases[i].measured;
      measured.stored = true;
      measured.gain = (*truth)[0];
      measured.low = (*truth)[1];
      measured.high = (*truth)[2];
      measured.badMs = proved.unprofiledMs;
      measured.goodMs = proved.unprofiledMs * (1 - measured.gain);
    }
  proved.seal = sealOf(proved, utcNow());
  if (recorded && proved.failure.empty())
    if (const auto stored = storePredictions(path, proved); !stored)
      runner_.context.note("hotloop: the predictions are not in the run file: " +
                           stored.error().message);
  note(fmt::format("{}: {:.3f} ms, sealed {}", proved.name, proved.unprofiledMs,
                   proved.seal.sha256.substr(0, 12)));
  report_.programs.push_back(std::move(proved));
  return {};
}

Result<void> ProveSession::measure(const SuiteGroup &group) {
  return byBench(group) ? measureByBench(group) : measurePairs(group);
}

Result<void> ProveSession::measureByBench(const SuiteGroup &group) {
  // Sides of one program share a process: their rounds lie close together, and the device's memory
  // holds them.
  for (const SuiteProgram &program : group.programs) {
    std::vector<Open> open;
    ProvedProgram *proved = find(group, program);
    if (proved == nullptr || !proved->failure.empty() || runner_.secondsLeft() <= 0) continue;
    for (ProvedCase &one : proved->cases)
      if (isOpen(one)) open.push_back({&one, program.compare, one.good});
    if (open.empty()) continue;
    StatusLine status(runner_.context);
    status.show(fmt::format("{}: {} fixes against the slow side", program.name, open.size()));
    measureTogether(group, open);
    HOTLOOP_TRY(save_());
  }
  return {};
}

// Where one of them fails, halves go on without each other until it stands alone.
void ProveSession::measureTogether(const SuiteGroup &group, std::span<const Open> open) {
  std::vector<std::string> names;
  for (const Open &each : open)
    for (const std::string &name : {each.bad, each.good})
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  auto times = runBench(runner_, group, names);
  if (times) {
    for (const Open &each : open) {
      each.one->measured.processes.push_back({(*times)[each.bad], (*times)[each.good]});
      concludeMeasurement(each.one->measured);
    }
  } else if (open.size() == 1) {
    open[0].one->failure = times.error().message;
  } else {
    const std::size_t half = open.size() / 2;
    for (const auto part : {open.first(half), open.subspan(half)})
      if (runner_.secondsLeft() > 0) measureTogether(group, part);
  }
}

Result<void> ProveSession::measurePairs(const SuiteGroup &group) {
  for (const SuiteProgram &program : group.programs) {
    ProvedProgram *proved = find(group, program);
    if (proved == nullptr || !proved->failure.empty()) continue;
    for (std::size_t i = 0; i < proved->cases.size(); ++i) {
      ProvedCase &one = proved->cases[i];
      if (!isOpen(one) || runner_.secondsLeft() <= 0) continue;
      const auto pair = static_cast<int>(one.measured.processes.size());
      StatusLine status(runner_.context);
      status.show(fmt::format("{}: pair {}", one.name, pair + 1));
      double times[2] = {};
      for (const int turn : {0, 1}) {
        const bool bad = baseFirst(pair) == (turn == 0);
        const auto time = runMarked(runner_, bad ? program.bad : program.cases[i].good);
        if (time)
          times[bad ? 0 : 1] = *time;
        else
          one.failure = time.error().message;
        if (!time) break;
      }
      if (!one.failure.empty()) continue;
      one.measured.processes.push_back({{times[0]}, {times[1]}});
      concludeMeasurement(one.measured);
    }
  }
  return {};
}

} // namespace hotloop::cli
