#pragma once

#include <string>
#include <string_view>

namespace hotloop {

// The name under which a kernel is known again after it was recompiled, renumbered, instantiated
// for another type or tile, or built for another architecture: the demangled function without
// parameters and template arguments, numbers in tile and type tags as '*', architecture prefixes
// and Triton's numbering left out.
//   "void at::native::vectorized_elementwise_kernel<4, ...>(int, ...)"
//                                    -> "at::native::vectorized_elementwise_kernel"
//   "triton_poi_fused_add_mul_7"     -> "triton_poi_fused_add_mul"
//   "ampere_sgemm_128x64_tn"         -> "sgemm_*x*_tn"
std::string kernelFamily(std::string_view name);

} // namespace hotloop
