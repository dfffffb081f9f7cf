#pragma once

namespace hotloop::torch_collector {

// Registers the operator observer with the LibTorch of this process, by the first that fits: the
// plugin libhotloop_torch.so compiled for exactly its release, the header-free replica on a release
// where that was tested, else nothing. What was done and why goes to the run's meta (torch_version,
// torch_attachment). False: LibTorch is not loaded yet, ask again later. Opens libraries, so not to
// be called under locks.
bool attachOperators() noexcept;

// Follows the CUDA caching allocator's segments through the plugin, where that is attached; to be
// called when the allocator first reports CUDA memory, by the reporting thread. Does nothing more
// later.
void attachAllocator() noexcept;

} // namespace hotloop::torch_collector
