#include <nvtx3/nvToolsExt.h>

extern "C" void markFromTheLibrary() {
  nvtxRangePushA("from the library");
  nvtxRangePop();
}
