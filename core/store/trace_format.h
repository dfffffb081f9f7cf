#pragma once

#include <string>

namespace hotloop {

// docs/trace_format.md: the run file for those who read it with SQL, generated from the
// descriptions that the schema is generated from.
std::string traceFormatDocument();

} // namespace hotloop
