#include "gui/view/raster.h"

#include <QFontMetricsF>
#include <QHash>
#include <QPainterPath>
#include <QStaticText>
#include <algorithm>
#include <cmath>
#include <cstring>

namespace hotloop::gui {
namespace {

constexpr int kPatternPeriod = 6; // device pixels
constexpr std::size_t kMostCached = 20'000;

Rgb blend(Rgb under, Rgb over, std::uint32_t alpha) {
  const std::uint32_t rest = 255 - alpha;
  const std::uint32_t rb =
      (((over & 0xff00ff) * alpha + (under & 0xff00ff) * rest + 0x800080) >> 8) & 0xff00ff;
  const std::uint32_t g =
      (((over & 0xff00) * alpha + (under & 0xff00) * rest + 0x8000) >> 8) & 0xff00;
  return 0xff000000u | rb | g;
}

bool inPattern(Pattern pattern, int x, int y) {
  switch (pattern) {
  case Pattern::kNone: return false;
  case Pattern::kDiagonal: return (x + y) % kPatternPeriod < 2;
  case Pattern::kDots: return x % kPatternPeriod < 2 && y % kPatternPeriod < 2;
  case Pattern::kVertical: return x % kPatternPeriod == 0;
  case Pattern::kHorizontal: return y % kPatternPeriod == 0;
  }
  return false;
}

struct Spans {
  QRgb *bits;
  qsizetype stride; // in pixels
  int width, height;

  void fill(const DrawRect &rect, double scale) const {
    const int x0 = std::max(0, static_cast<int>(std::lround(rect.x * scale)));
    const int y0 = std::max(0, static_cast<int>(std::lround(rect.y * scale)));
    const int x1 = std::min(width, static_cast<int>(std::lround((rect.x + rect.w) * scale)));
    const int y1 = std::min(height, static_cast<int>(std::lround((rect.y + rect.h) * scale)));
    if (x1 <= x0 || y1 <= y0) return;
    const std::uint32_t alpha = rect.fill >> 24;
    const Rgb color = rect.fill | 0xff000000u;
    for (int y = y0; y < y1; ++y) {
      QRgb *line = bits + y * stride;
      if (alpha == 255) {
        std::fill(line + x0, line + x1, color);
      } else {
        for (int x = x0; x < x1; ++x) line[x] = blend(line[x], color, alpha);
      }
      if (rect.pattern == Pattern::kNone) continue;
      for (int x = x0; x < x1; ++x) {
        if (inPattern(rect.pattern, x, y)) line[x] = blend(line[x], 0, 56);
      }
    }
  }

  // Lines along an axis, both ends included. QPainter would hand each of hundreds to other threads
  // and wait for them.
  void straight(const DrawLine &line, double scale) const {
    const double half = static_cast<double>(line.width) * scale / 2;
    const auto first = [&](float a, float b) {
      return static_cast<double>(std::min(a, b)) * scale;
    };
    const auto last = [&](float a, float b) { return static_cast<double>(std::max(a, b)) * scale; };
    const double thick = std::max(1.0, std::round(2 * half));
    DrawRect rect;
    rect.fill = line.color;
    const bool upright = line.x1 == line.x2;
    const double across = std::floor((upright ? line.x1 : line.y1) * scale - half + 0.5);
    const double from = std::floor(upright ? first(line.y1, line.y2) : first(line.x1, line.x2));
    const double to = std::floor(upright ? last(line.y1, line.y2) : last(line.x1, line.x2)) + 1;
    rect.x = static_cast<float>(upright ? across : from);
    rect.y = static_cast<float>(upright ? from : across);
    rect.w = static_cast<float>(upright ? thick : to - from);
    rect.h = static_cast<float>(upright ? to - from : thick);
    fill(rect, 1);
  }

  void copy(const DrawStrip &strip, double scale) const {
    const int x0 = static_cast<int>(std::lround(strip.x * scale));
    const int y0 = std::max(0, static_cast<int>(std::lround(strip.y * scale)));
    const int y1 = std::min(height, static_cast<int>(std::lround((strip.y + strip.h) * scale)));
    const int skip = std::max(0, -x0);
    const int count = std::min(static_cast<int>(strip.pixels.size()), width - x0) - skip;
    if (count <= 0) return;
    for (int y = y0; y < y1; ++y) {
      std::memcpy(bits + y * stride + x0 + skip, strip.pixels.data() + skip,
                  static_cast<std::size_t>(count) * sizeof(QRgb));
    }
  }
};

QColor color(Rgb rgb) { return QColor::fromRgba(rgb); }

void paintRect(QPainter &painter, const DrawRect &rect) {
  const QRectF area(rect.x, rect.y, rect.w, rect.h);
  painter.fillRect(area, color(rect.fill));
  if (rect.pattern == Pattern::kNone) return;
  constexpr Qt::BrushStyle kStyles[] = {Qt::NoBrush, Qt::BDiagPattern, Qt::Dense6Pattern,
                                        Qt::VerPattern, Qt::HorPattern};
  painter.fillRect(area, QBrush(QColor(0, 0, 0, 56), kStyles[static_cast<int>(rect.pattern)]));
}

void paintLine(QPainter &painter, const DrawLine &line) {
  painter.setPen(QPen(color(line.color), static_cast<double>(line.width)));
  const QPointF from(line.x1, line.y1);
  const QPointF to(line.x2, line.y2);
  if (!line.arrow) {
    painter.drawLine(from, to);
    return;
  }
  const double bend = std::max(12.0, std::abs(to.x() - from.x()) * 0.4);
  QPainterPath path(from);
  path.cubicTo(from + QPointF(bend, 0), to - QPointF(bend, 0), to);
  painter.setBrush(Qt::NoBrush);
  painter.drawPath(path);
  painter.setBrush(color(line.color));
  painter.setPen(Qt::NoPen);
  painter.drawPolygon(QPolygonF({to, to + QPointF(-7, -4), to + QPointF(-7, 4)}));
}

void paintPath(QPainter &painter, const DrawPath &path) {
  if (path.fill != 0) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(color(path.fill));
    painter.drawPolygon(path.points.data(), static_cast<int>(path.points.size()));
  }
  if (path.stroke != 0) {
    painter.setPen(QPen(color(path.stroke), 1));
    painter.drawPolyline(path.points.data(), static_cast<int>(path.points.size()));
  }
}

// Text laid out once per (text, width, font): laying out is what costs. A text that fits has one
// entry; one that is cut has one per four pixels of width.
struct Laid {
  QStaticText text;
  double width = 0, height = 0;
};
class TextCache {
public:
  const Laid &get(const DrawText &text) {
    const Key whole{text.text, 0, static_cast<int>(text.size) * 2 + (text.bold ? 1 : 0)};
    const Laid &full = lay(whole, text);
    const auto width = static_cast<int>(text.w / 4) * 4;
    if (full.width <= static_cast<double>(text.w) || width <= 0) return full;
    return lay({text.text, width, whole.font}, text);
  }

private:
  struct Key {
    QString text;
    int width, font; // width 0: not cut
    bool operator==(const Key &) const = default;
  };
  friend size_t qHash(const Key &key, size_t seed) {
    return qHashMulti(seed, key.text, key.width, key.font);
  }

  const Laid &lay(const Key &key, const DrawText &text) {
    const auto found = cache_.constFind(key);
    if (found != cache_.constEnd()) return *found;
    if (static_cast<std::size_t>(cache_.size()) > kMostCached) cache_.clear();
    const QFont font = theme::font(text.size, text.bold);
    const QFontMetricsF metrics(font);
    const QString cut =
        key.width == 0 ? key.text : metrics.elidedText(key.text, Qt::ElideRight, key.width);
    Laid laid;
    laid.text.setTextFormat(Qt::PlainText);
    laid.text.setPerformanceHint(QStaticText::AggressiveCaching);
    laid.text.setText(cut);
    laid.text.prepare(QTransform(), font);
    laid.width = metrics.horizontalAdvance(cut);
    laid.height = metrics.height();
    return *cache_.insert(key, laid);
  }

  QHash<Key, Laid> cache_;
};

TextCache &textCache() {
  static TextCache cache; // of the thread that draws
  return cache;
}

void paintText(QPainter &painter, const DrawText &text, bool vector) {
  if (text.w < 4 || text.text.isEmpty()) return;
  painter.setPen(color(text.color));
  painter.setFont(theme::font(text.size, text.bold));
  const Laid &laid = textCache().get(text);
  double x = text.x;
  if (text.align == Align::kRight) x += text.w - laid.width;
  if (text.align == Align::kCenter) x += (text.w - laid.width) / 2;
  const double y = text.y + (text.h - laid.height) / 2;
  if (vector) {
    painter.drawText(QPointF(x, y + QFontMetricsF(painter.font()).ascent()), laid.text.text());
  } else {
    painter.drawStaticText(QPointF(std::round(x), std::round(y)), laid.text);
  }
}

bool isStraight(const DrawLine &line) {
  return !line.arrow && (line.x1 == line.x2 || line.y1 == line.y2);
}

void paintRest(QPainter &painter, const DrawLayer &layer, bool vector) {
  painter.setRenderHint(QPainter::Antialiasing, true);
  for (const DrawPath &path : layer.paths) paintPath(painter, path);
  for (const DrawLine &line : layer.lines) {
    if (!vector && isStraight(line)) continue; // drawn as spans
    painter.setRenderHint(QPainter::Antialiasing, !isStraight(line));
    paintLine(painter, line);
  }
  painter.setRenderHint(QPainter::Antialiasing, true);
  for (const DrawText &text : layer.texts) paintText(painter, text, vector);
}

bool hasRest(const DrawLayer &layer) {
  return !layer.paths.empty() || !layer.texts.empty() ||
         !std::all_of(layer.lines.begin(), layer.lines.end(), isStraight);
}

} // namespace

void rasterise(const DrawList &list, QImage &image) {
  const auto spans = [&image] {
    return Spans{reinterpret_cast<QRgb *>(image.bits()), image.bytesPerLine() / 4, image.width(),
                 image.height()};
  };
  const auto rest = [&](const DrawLayer &layer) {
    for (const DrawLine &line : layer.lines) {
      if (isStraight(line)) spans().straight(line, list.scale);
    }
    if (!hasRest(layer)) return;
    QPainter painter(&image);
    // The image may carry a device pixel ratio, which would scale on its own.
    painter.scale(list.scale / image.devicePixelRatio(), list.scale / image.devicePixelRatio());
    paintRest(painter, layer, false);
  };
  for (const DrawRect &rect : list.back.rects) spans().fill(rect, list.scale);
  rest(list.back);
  for (const DrawStrip &strip : list.strips) spans().copy(strip, list.scale);
  const Spans main = spans();
  for (const DrawRect &rect : list.main.rects) main.fill(rect, list.scale);
  rest(list.main);
  for (const DrawRect &rect : list.top.rects) spans().fill(rect, list.scale);
  rest(list.top);
}

void paintVector(const DrawList &list, QPainter &painter) {
  painter.save();
  for (const DrawRect &rect : list.back.rects) paintRect(painter, rect);
  paintRest(painter, list.back, true);
  painter.setRenderHint(QPainter::Antialiasing, false);
  for (const DrawStrip &strip : list.strips) {
    const auto &pixels = strip.pixels;
    for (std::size_t i = 0; i < pixels.size();) {
      std::size_t end = i + 1;
      while (end < pixels.size() && pixels[end] == pixels[i]) ++end;
      painter.fillRect(QRectF(strip.x + static_cast<double>(i) / list.scale, strip.y,
                              static_cast<double>(end - i) / list.scale, strip.h),
                       color(pixels[i]));
      i = end;
    }
  }
  for (const DrawRect &rect : list.main.rects) paintRect(painter, rect);
  paintRest(painter, list.main, true);
  for (const DrawRect &rect : list.top.rects) paintRect(painter, rect);
  paintRest(painter, list.top, true);
  painter.restore();
}

QString elided(const QString &text, double width, theme::TextSize size, bool bold) {
  return QFontMetricsF(theme::font(size, bold)).elidedText(text, Qt::ElideRight, width);
}

double textWidth(const QString &text, theme::TextSize size, bool bold) {
  return QFontMetricsF(theme::font(size, bold)).horizontalAdvance(text);
}

} // namespace hotloop::gui
