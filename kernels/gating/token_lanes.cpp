#include <cstdint>
#include <vector>

#include "kernels/gating/variants.h"

// A vector of tokens side by side in its lanes, experts one after the other. Nothing is reduced
// across lanes and nothing branches on a value, so the compiler's plain vector code is enough:
// compiled once per instruction set with its own vector length, chosen when called.
namespace hotloop::kernels::gating {
namespace {

namespace portable {
#define HOTLOOP_LANES 4
#include "kernels/gating/token_lanes_body.inc"
#undef HOTLOOP_LANES
} // namespace portable

#ifdef __x86_64__
#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
#define HOTLOOP_LANES 8
#include "kernels/gating/token_lanes_body.inc"
#undef HOTLOOP_LANES
} // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,fma")
namespace avx512 {
#define HOTLOOP_LANES 16
#include "kernels/gating/token_lanes_body.inc"
#undef HOTLOOP_LANES
} // namespace avx512
#pragma GCC pop_options

bool hasAvx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("fma");
}
bool hasAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif

constexpr std::int64_t kMostLanes = 16;

std::size_t lanesOf(std::int64_t rows) { return static_cast<std::size_t>(rows * kMostLanes); }

} // namespace

void forwardLanes(const Forward &args, const Sums &sums, std::int64_t begin, std::int64_t end) {
  std::vector<float> floats(lanesOf(2 * args.shape.experts + args.shape.topK));
  std::vector<std::int32_t> ids(lanesOf(args.shape.topK));
#ifdef __x86_64__
  if (hasAvx512()) return avx512::forwardBody(args, sums, begin, end, floats.data(), ids.data());
  if (hasAvx2()) return avx2::forwardBody(args, sums, begin, end, floats.data(), ids.data());
#endif
  portable::forwardBody(args, sums, begin, end, floats.data(), ids.data());
}

void backwardLanes(const Backward &args, std::int64_t begin, std::int64_t end) {
  std::vector<float> columns(lanesOf(args.shape.experts));
#ifdef __x86_64__
  if (hasAvx512()) return avx512::backwardBody(args, begin, end, columns.data());
  if (hasAvx2()) return avx2::backwardBody(args, begin, end, columns.data());
#endif
  portable::backwardBody(args, begin, end, columns.data());
}

} // namespace hotloop::kernels::gating
