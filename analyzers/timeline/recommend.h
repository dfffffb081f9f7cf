#pragma once

#include <span>
#include <string>
#include <vector>

#include "analyzers/timeline/what_if.h"

// Which switches to throw, in which order, and what they would give together.
namespace hotloop {

// A switch of a program, with the change that it is in the replay.
struct Toggle {
  std::string name;   // "graph"
  std::string flag;   // of hotloop-moe: "--graph on"; empty: it has none
  std::string advice; // for any program: one imperative sentence
  Edit edit;
};

// The switches that this run's records know of. `rules`: ids of the rules that fired ("HL104"):
// some switches rest on them.
std::vector<Toggle> knownToggles(const WhatIf &whatIf, std::span<const std::string> rules = {});

struct RecommendedToggle {
  std::string name;
  std::string flag;
  std::string advice;
  bool predicted = false;
  double addsMs = 0;   // on top of those before it
  double ms = 0;       // step time with it and those before it
  std::string whyNone; // not predicted: the reason
};

struct Recommendation {
  std::vector<RecommendedToggle> toggles; // most valuable first; those without a prediction last
  Prediction together;                    // of the predicted ones
  bool isReference = false;               // the run is of hotloop-moe
  std::string preset;                     // its nearest named configuration; may be empty
  std::vector<std::string> presetDiffers; // the switches in which it differs
  std::string command;                    // for hotloop-moe: the line to run
};

// Toggles that add less than 0.5 % of the step or 20 us are left out. A graph is judged as the
// program would be with the others in it, so waits that they remove do not forbid it.
Recommendation recommend(const WhatIf &whatIf, std::span<const Toggle> toggles);

} // namespace hotloop
