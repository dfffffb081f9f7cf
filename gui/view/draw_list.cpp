#include "gui/view/draw_list.h"

#include <fmt/format.h>

namespace hotloop::gui {

DrawText textIn(float x, float y, float w, float h, const QString &text, Rgb color, Align align,
                bool bold, theme::TextSize size) {
  DrawText item;
  item.x = x;
  item.y = y;
  item.w = w;
  item.h = h;
  item.text = text;
  item.color = color;
  item.align = align;
  item.bold = bold;
  item.size = size;
  return item;
}

void DrawLayer::clear() {
  rects.clear();
  paths.clear();
  lines.clear();
  texts.clear();
}

void DrawList::clear(double newScale) {
  scale = newScale;
  back.clear();
  strips.clear();
  main.clear();
  top.clear();
}

namespace {

void dumpLayer(const char *name, const DrawLayer &layer, std::string &out) {
  for (const DrawRect &r : layer.rects) {
    out += fmt::format("{} rect {:.0f},{:.0f} {:.0f}x{:.0f} {:08x}{}\n", name, r.x, r.y, r.w, r.h,
                       r.fill, r.pattern == Pattern::kNone ? "" : " pattern");
  }
  for (const DrawPath &path : layer.paths) {
    out += fmt::format("{} path {} points {:08x} {:08x}\n", name, path.points.size(), path.stroke,
                       path.fill);
  }
  for (const DrawLine &line : layer.lines) {
    out +=
        fmt::format("{} {} {:.0f},{:.0f} {:.0f},{:.0f} {:08x}\n", name,
                    line.arrow ? "arrow" : "line", line.x1, line.y1, line.x2, line.y2, line.color);
  }
  for (const DrawText &text : layer.texts) {
    out += fmt::format("{} text {:.0f},{:.0f} {:.0f}x{:.0f} '{}'\n", name, text.x, text.y, text.w,
                       text.h, text.text.toStdString());
  }
}

} // namespace

std::string DrawList::dump() const {
  std::string out;
  dumpLayer("back", back, out);
  for (const DrawStrip &strip : strips) {
    out += fmt::format("strip {:.0f},{:.0f} {}x{:.0f}\n", strip.x, strip.y, strip.pixels.size(),
                       strip.h);
  }
  dumpLayer("main", main, out);
  dumpLayer("top", top, out);
  return out;
}

} // namespace hotloop::gui
