#pragma once

#include "collectors/inject/producer_api.h"

namespace hotloop::torch_collector {

// What the parts of the plugin record through; null until it is attached.
extern const HotloopProducerApi *producer;

} // namespace hotloop::torch_collector
