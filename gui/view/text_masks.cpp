#include "gui/view/text_masks.h"

#include <QFontMetricsF>
#include <QImage>
#include <QPainter>
#include <QTextLayout>
#include <algorithm>
#include <cmath>
#include <cstring>

namespace hotloop::gui {
namespace {

constexpr std::size_t kMostBytes = 12 << 20;
constexpr int kMargin = 3;       // device pixels: glyphs reach beyond their advance
constexpr int kMostDrawn = 1000; // characters; no place holds more

// Cursor positions of a text that runs from left to right. False: it does not.
bool findStops(const QString &text, const QFont &font, double scale, std::vector<int> &stops) {
  QTextLayout layout(text, font);
  layout.beginLayout();
  QTextLine line = layout.createLine();
  layout.endLayout();
  if (!line.isValid()) return false;
  double before = 0;
  for (int i = 0; i <= text.size(); ++i) {
    if (!layout.isValidCursorPosition(i)) continue;
    const double x = line.cursorToX(i);
    if (x < before) return false;
    before = x;
    stops.push_back(static_cast<int>(std::floor(x * scale)));
  }
  return true;
}

TextMask makeMask(const QString &whole, theme::TextSize size, bool bold, double scale) {
  const QString text = whole.left(kMostDrawn);
  const QFont font = theme::font(size, bold);
  const QFontMetricsF metrics(font);
  TextMask mask;
  mask.left = kMargin;
  mask.width = static_cast<int>(std::ceil(metrics.horizontalAdvance(text) * scale));
  mask.height = static_cast<int>(std::ceil(metrics.height() * scale));
  mask.simple = findStops(text, font, scale, mask.stops);
  mask.stride = mask.width + 2 * kMargin;
  QImage image(mask.stride, std::max(1, mask.height), QImage::Format_ARGB32_Premultiplied);
  image.fill(Qt::transparent);
  {
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.translate(kMargin, 0);
    painter.scale(scale, scale);
    painter.setFont(font);
    painter.setPen(Qt::white);
    painter.drawText(QPointF(0, metrics.ascent()), text);
  }
  mask.cover.resize(static_cast<std::size_t>(mask.stride) * static_cast<std::size_t>(mask.height));
  for (int y = 0; y < mask.height; ++y) {
    const auto *line = reinterpret_cast<const QRgb *>(image.constScanLine(y));
    std::uint8_t *out = mask.cover.data() + static_cast<std::ptrdiff_t>(y) * mask.stride;
    for (int x = 0; x < mask.stride; ++x) out[x] = static_cast<std::uint8_t>(qAlpha(line[x]));
  }
  return mask;
}

std::uint32_t blended(std::uint32_t under, std::uint32_t over, std::uint32_t alpha) {
  alpha += alpha >> 7; // 255 is all of it
  const std::uint32_t rest = 256 - alpha;
  const std::uint32_t rb =
      (((over & 0xff00ff) * alpha + (under & 0xff00ff) * rest) >> 8) & 0xff00ff;
  const std::uint32_t g = (((over & 0xff00) * alpha + (under & 0xff00) * rest) >> 8) & 0xff00;
  return 0xff000000u | rb | g;
}

} // namespace

const TextMask &TextMasks::get(const QString &text, theme::TextSize size, bool bold, double scale) {
  Key key{text, static_cast<int>(size) * 2 + (bold ? 1 : 0),
          static_cast<int>(std::lround(scale * 100))};
  const auto found = masks_.find(key);
  if (found != masks_.end()) return found->second;
  if (bytes_ > kMostBytes) {
    masks_.clear();
    bytes_ = 0;
  }
  TextMask mask = makeMask(text, size, bold, scale);
  bytes_ += mask.cover.size() + mask.stops.size() * sizeof(int) + sizeof(TextMask);
  return masks_.emplace(std::move(key), std::move(mask)).first->second;
}

void blendMask(const PixelArea &area, const TextMask &mask, int columns, int x, int y,
               std::uint32_t color) {
  // The margin on the left belongs to the text, that on the right only when it is drawn whole.
  const int end = columns >= mask.width ? mask.stride : mask.left + columns;
  const int from = std::max(0, mask.left - x);
  const int to = std::min(end, area.width - x + mask.left);
  if (to <= from) return;
  const std::uint32_t opacity = color >> 24;
  for (int row = std::max(0, -y); row < mask.height && y + row < area.height; ++row) {
    const std::uint8_t *cover = mask.cover.data() + static_cast<std::ptrdiff_t>(row) * mask.stride;
    std::uint32_t *line = area.bits + (y + row) * area.stride + (x - mask.left);
    for (int i = from; i < to;) {
      // Most of a text is nothing.
      std::uint64_t eight = 0;
      if (to - i >= 8) {
        std::memcpy(&eight, cover + i, sizeof eight);
        if (eight == 0) {
          i += 8;
          continue;
        }
      }
      const int stop = std::min(to, i + 8);
      for (; i < stop; ++i) {
        if (cover[i] == 0) continue;
        const std::uint32_t alpha = opacity == 255 ? cover[i] : cover[i] * opacity / 255;
        line[i] = blended(line[i], color, alpha);
      }
    }
  }
}

} // namespace hotloop::gui
