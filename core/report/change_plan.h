#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/report/finding.h"

// What to change in a program, in which order, and what the changes give together: gains of single
// findings do not add up.
namespace hotloop {

struct PlannedChange {
  std::string name;               // "graph", "dispatch", or the rule and variant, "HL105 to_device"
  std::vector<std::string> rules; // of the findings that it repairs, "HL302"
  std::string advice;             // for any program: one imperative sentence
  Site site;                      // of the most valuable of these findings
  std::string flags;              // of hotloop-moe: "--graph on"; empty: it has none
  std::optional<double> addsMs;   // what it gives on top of the changes before it, per step
  std::optional<double> ms;       // the step with it and those before it
  std::string whyNone;            // a sentence, where addsMs is absent
};

struct ChangePlan {
  std::vector<PlannedChange> changes;     // predicted ones in order, then those without a number
  std::vector<std::string> covered;       // rules of findings that give no more on top of these
  double stepMs = 0;                      // the step now; 0: not known
  std::optional<Gain::Estimate> together; // of the predicted changes
  std::string whyNone;                    // a sentence, where nothing could be predicted
  std::string preset;                     // named configuration of hotloop-moe that it comes to
  std::vector<std::string> presetDiffers; // the switches in which that one is not the same
  std::string command;                    // for hotloop-moe: the line to run; else empty
};

} // namespace hotloop
