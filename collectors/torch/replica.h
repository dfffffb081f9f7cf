#pragma once

#include "collectors/inject/producer_api.h"

namespace hotloop::torch_collector {

// The operator observer without LibTorch's headers: the 40 bytes of at::RecordFunctionCallback and
// the exported functions at::addGlobalCallback and RecordFunction::name. Gives name, scope and
// nesting, no sequence numbers. Only for releases where the layout was tested (attach.cpp).
// `library` is the handle of libtorch_cpu.so. False: a symbol is missing.
bool attachReplica(void *library, const HotloopProducerApi &api) noexcept;

} // namespace hotloop::torch_collector
