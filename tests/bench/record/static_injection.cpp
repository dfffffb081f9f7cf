// NVTX's way of attaching a tool that is linked in: it looks for this symbol, which its header
// declares weak, so this stands in a file that does not include it.
extern "C" {
using NvtxInitialise = int (*)(const void *(*)(unsigned));
int InitializeInjectionNvtx2(const void *(*getTable)(unsigned));
extern NvtxInitialise InitializeInjectionNvtx2_fnptr;
NvtxInitialise InitializeInjectionNvtx2_fnptr = InitializeInjectionNvtx2;
}
