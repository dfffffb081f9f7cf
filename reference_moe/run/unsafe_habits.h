#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

// The habits that the guide lists as unsafe in a hot loop, each in a function of its own so that a
// profiler names it by file and line. None changes the result of the step.
namespace hotloop::moe::unsafe {

double readScalar(const at::Tensor &loss);                                    // item
void printTensor(const at::Tensor &hidden);                                   // print, to stderr
bool branchOnValue(const at::Tensor &hidden);                                 // branch
void growList(std::vector<at::Tensor> &list, const at::Tensor &loss);         // growing-list
at::Tensor allocateVaryingShape(const at::Tensor &hidden, std::int64_t step); // varying-shape
at::Tensor selectByMask(const at::Tensor &hidden);                            // boolean-mask

} // namespace hotloop::moe::unsafe
