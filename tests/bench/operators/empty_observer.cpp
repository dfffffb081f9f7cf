// An observer of operators that does nothing: what LibTorch itself asks for calling anyone. Loaded
// by operators_loop.py and linked into operators_loop, so that recording can be priced above this
// floor.
#include <ATen/record_function.h>

#include "tests/bench/operators/empty_observer.h"

namespace {

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction &) { return nullptr; }
void end(const at::RecordFunction &, at::ObserverContext *) {}

} // namespace

extern "C" void hotloop_bench_observe() {
  at::addGlobalCallback(at::RecordFunctionCallback(begin, end)
                            .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION,
                                     at::RecordScope::USER_SCOPE}));
}
