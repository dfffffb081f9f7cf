#pragma once

#include <cstdint>

// The program under test: `hotloop_test_target <mode> [arguments]`. It marks steps (and ranges
// where NVTX is there) and then ends, or multiplies, in the way that the mode names.

// Marks steps number first .. first+count-1, each with an NVTX range "work" inside "step <n>".
void markSteps(std::int64_t first, std::int64_t count);

int runEnding(int argc, char **argv); // -1: not a mode of this file
int runProcesses(int argc, char **argv);
int runThreads(int argc, char **argv);
