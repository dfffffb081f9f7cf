#include "core/symbolize/symbolizer.h"

namespace hotloop {

std::vector<FrameRow> frameRows(const NativePlace &place, const FrameRow &leaf, FrameId &nextId,
                                TraceSink &sink) {
  std::vector<FrameRow> rows;
  rows.reserve(place.frames.size());
  for (const SourceFrame &frame : place.frames) {
    FrameRow row;
    row.id = leaf.id;
    if (!rows.empty()) {
      row.id = nextId;
      nextId = FrameId(nextId.value + 1);
      rows.back().inlinedInto = row.id;
    }
    row.kind = FrameKind::kNative;
    row.function = sink.intern(frame.function);
    row.file = sink.intern(frame.file);
    row.line = frame.line;
    row.module = leaf.module;
    row.offset = leaf.offset;
    row.user = frame.user;
    rows.push_back(row);
  }
  return rows;
}

} // namespace hotloop
