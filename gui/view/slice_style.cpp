#include "gui/view/slice_style.h"

#include "gui/view/text.h"

namespace hotloop::gui {
namespace {

// FNV-1a: the same on every machine, unlike std::hash.
std::uint32_t hash(const std::string &text) {
  std::uint32_t h = 2166136261u;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  return h ^ (h >> 15);
}

} // namespace

Pattern categoryPattern(Category category) {
  switch (category) {
  case Category::kWait: return Pattern::kDiagonal;
  case Category::kCopy: return Pattern::kDots;
  case Category::kGraphKernel: return Pattern::kVertical;
  case Category::kBackward: return Pattern::kHorizontal;
  default: return Pattern::kNone;
  }
}

Rgb rgb(const QColor &color) { return color.rgb() | 0xff000000u; }

Rgb withAlpha(const QColor &color, int alpha) {
  return (color.rgb() & 0xffffffu) | static_cast<Rgb>(alpha) << 24;
}

Rgb mixed(Rgb under, Rgb over, std::uint32_t alpha) {
  const std::uint32_t rest = 255 - alpha;
  const std::uint32_t rb =
      (((over & 0xff00ff) * alpha + (under & 0xff00ff) * rest) >> 8) & 0xff00ff;
  const std::uint32_t g = (((over & 0xff00) * alpha + (under & 0xff00) * rest) >> 8) & 0xff00;
  return 0xff000000u | rb | g;
}

SliceStyle::SliceStyle(const Trace &trace) {
  fills_.reserve(trace.names.size());
  for (const SliceName &name : trace.names) {
    const int shade = static_cast<int>(hash(name.text) % 37) - 18;
    QColor color = theme::categoryColor(name.category);
    categories_.push_back(rgb(color));
    color = shade >= 0 ? color.lighter(100 + shade) : color.darker(100 - shade);
    fills_.push_back(rgb(color));
    texts_.push_back(rgb(theme::textOn(color)));
    labels_.push_back(shown(name.label));
  }
}

} // namespace hotloop::gui
