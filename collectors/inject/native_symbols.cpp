#include "collectors/inject/native_symbols.h"

#include <algorithm>
#include <vector>

#include "core/metrics/quality.h"
#include "core/symbolize/symbolizer.h"

namespace hotloop {

void addNativeSymbols(CallSites &callSites, TraceSink &sink) {
  // Frames are asked for module by module, so one file at a time is enough.
  SymbolizerOptions options;
  options.openModules = 1;
  options.debugBytes = 12 * 1024 * 1024;
  Symbolizer symbolizer(options);
  std::vector<std::uint32_t> numbers;
  for (const CallSites::Module &module : callSites.modules())
    numbers.push_back(symbolizer.addModule(module.path, module.buildId));
  auto &frames = callSites.nativeFrames();
  std::sort(frames.begin(), frames.end(), [](const auto &a, const auto &b) {
    return a.module != b.module ? a.module < b.module : a.offset < b.offset;
  });
  std::int64_t without = 0;
  for (const CallSites::NativeFrame &frame : frames) {
    if (frame.module == 0) {
      ++without;
      continue;
    }
    const NativePlace &place = symbolizer.returnAddress(numbers[frame.module - 1], frame.offset);
    if (place.quality != PlaceQuality::kLine && place.quality != PlaceQuality::kFunction) ++without;
    FrameRow leaf;
    leaf.id = frame.id;
    leaf.kind = FrameKind::kNative;
    leaf.module = callSites.modules()[frame.module - 1].pathId;
    leaf.offset = frame.offset;
    for (const FrameRow &row : frameRows(place, leaf, callSites.nextFrame(), sink)) sink.add(row);
  }
  reportQuality(sink, "symbols_missing", without);
}

} // namespace hotloop
