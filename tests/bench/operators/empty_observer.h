#pragma once

// Registers an observer with an empty beginning and an empty end for the scopes that hotloop
// records.
extern "C" __attribute__((visibility("default"))) void hotloop_bench_observe();
