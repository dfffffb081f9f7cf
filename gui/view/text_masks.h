#pragma once

#include <QString>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "gui/view/theme.h"

namespace hotloop::gui {

// A text as coverage of device pixels, drawn once by Qt. Blending it costs a tenth of what QPainter
// spends on the text, and cutting it to any width costs nothing: names keep their mask while a zoom
// changes the width of everything.
struct TextMask {
  int width = 0, height = 0;       // of the text, device pixels
  int left = 0;                    // ink begins this far before the text's own left edge
  int stride = 0;                  // bytes per row of cover
  std::vector<std::uint8_t> cover; // height rows
  std::vector<int> stops;          // where the text may be cut, rising, device pixels
  bool simple = true;              // false: runs from right to left, or is cut by Qt itself
};

class TextMasks {
public:
  const TextMask &get(const QString &text, theme::TextSize size, bool bold, double scale);

private:
  struct Key {
    QString text;
    int font = 0;
    int scale = 0; // hundredths
    bool operator==(const Key &) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key &key) const {
      return qHashMulti(0, key.text, key.font, key.scale);
    }
  };
  std::unordered_map<Key, TextMask, Hash> masks_;
  std::size_t bytes_ = 0;
};

// A part of an RGB32 picture. `stride` in pixels.
struct PixelArea {
  std::uint32_t *bits = nullptr;
  std::ptrdiff_t stride = 0;
  int width = 0, height = 0;
};

// Blends the mask's columns [0, columns) in `color` with its text's corner at (x, y).
void blendMask(const PixelArea &area, const TextMask &mask, int columns, int x, int y,
               std::uint32_t color);

} // namespace hotloop::gui
