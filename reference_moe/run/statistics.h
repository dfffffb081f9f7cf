#pragma once

#include <vector>

namespace hotloop::moe {

// Value below which a share `q` (0..1) of the values lies, linear between neighbours; 0 if empty.
double quantile(std::vector<double> values, double q);

} // namespace hotloop::moe
