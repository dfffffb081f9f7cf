#pragma once

#include "collectors/inject/call_sites.h"

namespace hotloop {

// After the program ended: replaces the rows of all native frames by ones with function, file and
// line, from the binaries on disk. Reports what had no symbols.
void addNativeSymbols(CallSites &callSites, TraceSink &sink);

} // namespace hotloop
