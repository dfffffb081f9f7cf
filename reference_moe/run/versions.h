#pragma once

#include <string>

namespace hotloop::moe {

std::string torchVersion(); // of the headers that this was built with: "2.11.0"

} // namespace hotloop::moe
