#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

// A suite of `hotloop prove`: a JSON file (docs/cli/prove.md describes it) of programs with fixes
// that can be switched.
namespace hotloop::cli {

struct SuiteCase {
  std::string name, fixClass;
  std::string compare;           // name of the fast side in the group's bench
  std::vector<std::string> good; // or the fast side as a program of its own
  // What predicts, together: "fix:NAME[=SITE]", "rule:ID", "toggle:NAME", "delay:KIND:PLACE=US".
  std::vector<std::string> predict;
  // The truth, where the suite knows it: gain, low, high.
  std::optional<std::vector<double>> measured;
};

struct SuiteProgram {
  std::string name;
  std::vector<std::string> bad; // the slow side, to be recorded; empty with a trace
  std::string trace;            // a recording or a trace that is there already
  double unprofiledMs = 0;      // with a trace
  std::string compare;          // name of the slow side in the group's bench
  std::vector<SuiteCase> cases;
};

// Programs that one bench process can time in turn, or (`bench` empty) that run one by one.
struct SuiteGroup {
  std::string name;
  std::vector<std::string> bench; // gets --compare NAME ..., --rounds, --steps, --json
  int rounds = 6, steps = 10;
  std::vector<SuiteProgram> programs;
};

struct ProveSuite {
  std::string name;
  std::vector<SuiteGroup> groups;
};

// {NAME} in the words of a suite.
using SuiteValues = std::map<std::string, std::string>;

// Errors: what is wrong with which part of the file. A {NAME} that has no value stays as it is.
Result<ProveSuite> parseSuite(const std::string &text, const std::string &path,
                              const SuiteValues &values);

// Why the group cannot run here: a {NAME} without value, a program or a trace that is missing. ""
// where it can.
std::string whyNotRunnable(const SuiteGroup &group);

// The text of a suite that is compiled in ("samples"), or of a file. Errors: unknown name, with the
// list; a file that cannot be read.
Result<std::string> suiteText(const std::string &nameOrFile);
std::vector<std::string> builtinSuiteNames();

} // namespace hotloop::cli
