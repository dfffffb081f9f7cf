#pragma once

#include <string>

#include "cli/prove/prove_report.h"
#include "core/base/result.h"

// What was predicted is fixed before the sides are compared.
namespace hotloop::cli {

// A number as files of `hotloop prove` and seals have it: six digits behind the point. Both round
// alike, or a file that is read back would not hold what was sealed.
double sixDigits(double value);
// The predictions of a program as text (one line per case), the text's SHA-256 and the time.
Seal sealOf(const ProvedProgram &program, const std::string &time);
// Is the hash that of the text, and does the text say what the program's predictions say?
bool sealHolds(const ProvedProgram &program);

// Writes the predictions and the seal to the prediction table of a run file, beside its steps and
// findings: a row per case with its name as `fix` and gains in ns of the unprofiled step, and a row
// "seal sha256:<hash>" with the time as why_none. Errors: those of storeResults().
Result<void> storePredictions(const std::string &path, const ProvedProgram &program);

} // namespace hotloop::cli
