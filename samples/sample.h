#pragma once

#include <span>
#include <string_view>

#include "samples/step_loop.h"

namespace hotloop::samples {

// The three forms of a sample. Each returns a number computed from everything the loop computed, so
// that a form that does less work by computing something else is caught.
using SampleForm = double (*)(const StepLoop &loop);

// One entry of the labelled corpus: a slow habit, its fix, and a program that only looks like it.
// The habit's rule, the place where it must be found and why the benign form is fine stand in
// samples/<id>/labels.toml.
struct Sample {
  std::string_view id; // "hl101_item": the folder
  std::string_view summary;
  SampleForm bad = nullptr;
  SampleForm good = nullptr; // computes what `bad` computes
  SampleForm benign = nullptr;
  SampleForm benignReference = nullptr; // what `benign` computes; null: the same as `good`
};

// Every sample, in the order of their ids.
std::span<const Sample> allSamples();

// Null when there is none of this id.
const Sample *findSample(std::string_view id);

} // namespace hotloop::samples
