#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace hotloop::gui {

// A fix that can be switched on, and what it gives alone: those of the findings come first.
struct FixChoice {
  std::string name; // "finding 2, HL101 item", or as on the command line: "remove-sync"
  std::string what; // the finding's title; empty for the others
  int finding = 0;  // its rank, from 1; 0: a fix of all places of a kind
  double gainMs = 0, lowMs = 0, highMs = 0; // per step
  std::string trust;                        // high | medium | low
  std::string whyNone;                      // not empty: it cannot be predicted, or changes nothing
};

// The step with some fixes on.
struct FixOutcome {
  double ms = 0, lowMs = 0, highMs = 0; // new step time
  std::string trust;
  std::string abstained; // not empty: no prediction, and why
  std::vector<std::string> warnings;
  // The way there in the order that gives most: gains on top of those before.
  struct Part {
    std::size_t fix = 0; // index of FixChoice
    double gainMs = 0;
  };
  std::vector<Part> parts;
};

// The replay of a run, kept for asking it again with other switches. Holds the whole run in memory.
// Once open it is not changed, so several threads may ask.
class WhatIfSession {
public:
  // Loads and replays; seconds. Errors: those of loading; soon after `stop` asked.
  static Result<std::unique_ptr<WhatIfSession>> open(const std::string &path,
                                                     const std::stop_token &stop = {});
  ~WhatIfSession();

  const std::string &whyNone() const; // not empty: nothing can be predicted on this run
  const std::vector<FixChoice> &choices() const;
  double recordedMs() const;   // step period of the record
  double replayedMs() const;   // the same, replayed
  double unprofiledMs() const; // replayed at the speed of the unprofiled host: what gains refer to
  // A replay, about 15 ms, per pair of fixes that are on. Abstains soon after `stop` asked.
  FixOutcome predict(const std::vector<bool> &on, const std::stop_token &stop = {}) const;

private:
  struct State;
  explicit WhatIfSession(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace hotloop::gui
