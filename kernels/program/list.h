#pragma once

namespace hotloop::kernels::program {

// The verb `list`; arguments after it. Needs no GPU: without one it answers for an H100.
int listCommand(int count, char **arguments);

} // namespace hotloop::kernels::program
