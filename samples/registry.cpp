#include <array>

#include "samples/sample.h"

namespace hotloop::samples {

// One function per folder; each line here has one in the array below.
Sample hl101Branch();
Sample hl101Item();
Sample hl101Print();
Sample hl103DynamicShape();
Sample hl103FixedTopk();
Sample hl103MaskedWhere();
Sample hl104ExpertLoop();
Sample hl201Preallocate();
Sample hl203VaryingShape();
Sample hl207GrowingList();
Sample hl304PerParameter();
Sample hl605RouterChain();

std::span<const Sample> allSamples() {
  static const std::array samples = {hl101Branch(),       hl101Item(),         hl101Print(),
                                     hl103DynamicShape(), hl103FixedTopk(),    hl103MaskedWhere(),
                                     hl104ExpertLoop(),   hl201Preallocate(),  hl203VaryingShape(),
                                     hl207GrowingList(),  hl304PerParameter(), hl605RouterChain()};
  return samples;
}

const Sample *findSample(std::string_view id) {
  for (const Sample &sample : allSamples())
    if (sample.id == id) return &sample;
  return nullptr;
}

} // namespace hotloop::samples
