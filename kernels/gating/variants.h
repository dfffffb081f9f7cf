#pragma once

#include "kernels/gating/gating.h"

// The implementations behind gatingVariants(); use that list.
namespace hotloop::kernels::gating {

using Forward = GatingForward<float>;
using Sums = GatingSums<float>;
using Backward = GatingBackward<float>;

void forwardPlain(const Forward &, const Sums &, std::int64_t begin, std::int64_t end);
void backwardPlain(const Backward &, std::int64_t begin, std::int64_t end);
void forwardOnePass(const Forward &, const Sums &, std::int64_t begin, std::int64_t end);
void backwardOnePass(const Backward &, std::int64_t begin, std::int64_t end);
void forwardLanes(const Forward &, const Sums &, std::int64_t begin, std::int64_t end);
void backwardLanes(const Backward &, std::int64_t begin, std::int64_t end);

} // namespace hotloop::kernels::gating
