#pragma once

#include "collectors/inject/producer_api.h"

// What libhotloop_torch.so exports. It is compiled against one release of LibTorch and opened by
// libhotloop.so in a process that runs the very same release, where its libraries are already
// loaded.
#ifdef __cplusplus
extern "C" {
#endif

// The release it was compiled against, "2.11.0".
typedef const char *(*HotloopTorchBuiltFor)(void);
#define HOTLOOP_TORCH_BUILT_FOR "hotloop_torch_built_for"

// Registers the operator observer, for good; `api` must outlive the process. 0: done; else the
// observer was not registered (1: another producer interface, 2: LibTorch refused).
typedef int (*HotloopTorchAttach)(const struct HotloopProducerApi *api);
#define HOTLOOP_TORCH_ATTACH "hotloop_torch_attach"

// Stops telling about operators, and begins again; user scopes are told always. 0: done.
typedef int (*HotloopTorchEnable)(int on);
#define HOTLOOP_TORCH_ENABLE "hotloop_torch_enable"

// Follows the segments of the CUDA caching allocator, for good. To be called in the thread that
// just got memory from it, so that the allocator is there. 0: done.
typedef int (*HotloopTorchAttachAllocator)(void);
#define HOTLOOP_TORCH_ATTACH_ALLOCATOR "hotloop_torch_attach_allocator"

#ifdef __cplusplus
}
#endif
