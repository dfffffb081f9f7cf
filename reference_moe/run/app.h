#pragma once

namespace hotloop::moe {

// The program hotloop-moe: run, bench, stack, validate, configurations. Exit code 0, 2 for wrong
// usage or something that cannot run here (one sentence on stderr), 1 for a failure while running
// or a configuration that fails its validation.
int runApp(int argc, char **argv);

} // namespace hotloop::moe
