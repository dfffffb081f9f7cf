#include "gui/view/raster.h"

#include <QFontMetricsF>
#include <QPainterPath>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "gui/view/text_masks.h"

namespace hotloop::gui {
namespace {

constexpr int kPatternPeriod = 6; // device pixels

Rgb blend(Rgb under, Rgb over, std::uint32_t alpha) {
  const std::uint32_t rest = 255 - alpha;
  const std::uint32_t rb =
      (((over & 0xff00ff) * alpha + (under & 0xff00ff) * rest + 0x800080) >> 8) & 0xff00ff;
  const std::uint32_t g =
      (((over & 0xff00) * alpha + (under & 0xff00) * rest + 0x8000) >> 8) & 0xff00;
  return 0xff000000u | rb | g;
}

// Darkens the pixels of [x0, x1) in row y that belong to the pattern.
void addPattern(QRgb *line, int x0, int x1, int y, Pattern pattern) {
  const auto darken = [&](int first, int step) {
    for (int x = first; x < x1; x += step) line[x] = blend(line[x], 0, 56);
  };
  // The first x >= x0 with (x + shift) % period == 0.
  const auto from = [x0](int shift) {
    return x0 + (kPatternPeriod - (x0 + shift) % kPatternPeriod) % kPatternPeriod;
  };
  const int phase = y % kPatternPeriod;
  switch (pattern) {
  case Pattern::kNone: break;
  case Pattern::kDiagonal:
    darken(from(phase), kPatternPeriod);
    darken(from(phase + kPatternPeriod - 1), kPatternPeriod);
    break;
  case Pattern::kDots:
    if (phase >= 2) break;
    darken(from(0), kPatternPeriod);
    darken(from(kPatternPeriod - 1), kPatternPeriod);
    break;
  case Pattern::kVertical: darken(from(0), kPatternPeriod); break;
  case Pattern::kHorizontal:
    if (phase == 0) darken(x0, 1);
    break;
  }
}

bool isStraight(const DrawLine &line) {
  return !line.arrow && (line.x1 == line.x2 || line.y1 == line.y2);
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
        const std::size_t bytes = static_cast<std::size_t>(x1 - x0) * sizeof(QRgb);
        if (y == y0 || bytes < 64 || rect.pattern != Pattern::kNone)
          std::fill(line + x0, line + x1, color);
        else
          std::memcpy(line + x0, line - stride + x0, bytes); // quicker than filling
      } else {
        for (int x = x0; x < x1; ++x) line[x] = blend(line[x], color, alpha);
      }
      if (rect.pattern != Pattern::kNone) addPattern(line, x0, x1, y, rect.pattern);
    }
  }

  // Lines along an axis, both ends included. QPainter would hand each of hundreds to other threads
  // and wait for them.
  static DrawRect straight(const DrawLine &line, double scale) {
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
    return rect;
  }

  struct Column {
    int x0, x1, y0, y1;
    Rgb color;
  };
  Column column(const DrawRect &rect) const {
    const auto edge = [](float at, int most) {
      return std::clamp(static_cast<int>(std::lround(at)), 0, most);
    };
    return {edge(rect.x, width), edge(rect.x + rect.w, width), edge(rect.y, height),
            edge(rect.y + rect.h, height), rect.fill};
  }

  // Many columns at once, row by row: one after the other each of their pixels would be a miss of
  // the processor's cache.
  void columns(std::vector<Column> &list) const {
    int top = height;
    int bottom = 0;
    for (const Column &each : list) {
      top = std::min(top, each.y0);
      bottom = std::max(bottom, each.y1);
    }
    for (int y = top; y < bottom; ++y) {
      QRgb *line = bits + y * stride;
      for (const Column &each : list) {
        if (y < each.y0 || y >= each.y1) continue;
        const std::uint32_t alpha = each.color >> 24;
        for (int x = each.x0; x < each.x1; ++x)
          line[x] = alpha == 255 ? each.color : blend(line[x], each.color, alpha);
      }
    }
    list.clear();
  }

  void straightLines(const std::vector<DrawLine> &lines, double scale) const {
    std::vector<Column> upright;
    for (const DrawLine &line : lines) {
      if (!isStraight(line)) continue;
      const DrawRect rect = straight(line, scale);
      if (rect.h > rect.w) {
        upright.push_back(column(rect));
        continue;
      }
      if (!upright.empty()) columns(upright); // in the order of the list
      fill(rect, 1);
    }
    if (!upright.empty()) columns(upright);
  }

  void copy(const DrawStrip &strip, double scale) const {
    const int x0 = static_cast<int>(std::lround(strip.x * scale));
    const int y0 = std::max(0, static_cast<int>(std::lround(strip.y * scale)));
    const int y1 = std::min(height, static_cast<int>(std::lround((strip.y + strip.h) * scale)));
    const int skip = std::max(0, -x0);
    const int count = std::min(static_cast<int>(strip.pixels.size()), width - x0) - skip;
    if (count <= 0 || y1 <= y0) return;
    const Rgb *from = strip.pixels.data() + skip;
    QRgb *first = bits + y0 * stride + x0 + skip;
    for (int i = 0; i < count; ++i) first[i] = from[i] != 0 ? from[i] : first[i];
    for (int y = y0 + 1; y < y1; ++y) {
      std::memcpy(first + (y - y0) * stride, first, static_cast<std::size_t>(count) * sizeof(QRgb));
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

TextMasks &textMasks() {
  static TextMasks masks; // of the thread that draws
  return masks;
}

double placed(const DrawText &text, double width) {
  double x = text.x;
  if (text.align == Align::kRight) x += text.w - width;
  if (text.align == Align::kCenter) x += (text.w - width) / 2;
  return x;
}

// A text that fits, or as much of it as fits before three dots.
void paintMasked(const Spans &spans, const DrawText &text, double scale, const TextMask &mask) {
  const PixelArea area{spans.bits, spans.stride, spans.width, spans.height};
  const int room = static_cast<int>(text.w * scale);
  const double height = mask.height / scale;
  const int y = static_cast<int>(std::lround(std::round(text.y + (text.h - height) / 2) * scale));
  if (mask.width <= room || mask.stops.empty()) {
    const double x = std::round(placed(text, mask.width / scale));
    blendMask(area, mask, mask.width, static_cast<int>(std::lround(x * scale)), y, text.color);
    return;
  }
  const TextMask &dots = textMasks().get(QStringLiteral("…"), text.size, text.bold, scale);
  const auto after = std::upper_bound(mask.stops.begin(), mask.stops.end(), room - dots.width);
  const int cut = after == mask.stops.begin() ? 0 : *(after - 1);
  const double left = std::round(placed(text, (cut + dots.width) / scale));
  const int x = static_cast<int>(std::lround(left * scale));
  blendMask(area, mask, cut, x, y, text.color);
  blendMask(area, dots, dots.width, x + cut, y, text.color);
}

// By Qt: what runs from right to left, and pictures without pixels.
void paintText(QPainter &painter, const DrawText &text) {
  if (text.w < 4 || text.text.isEmpty()) return;
  const QFont font = theme::font(text.size, text.bold);
  const QFontMetricsF metrics(font);
  const QString shown = metrics.elidedText(text.text, Qt::ElideRight, static_cast<double>(text.w));
  painter.setPen(color(text.color));
  painter.setFont(font);
  const double x = placed(text, metrics.horizontalAdvance(shown));
  const double y = text.y + (text.h - metrics.height()) / 2;
  painter.drawText(QPointF(x, y + metrics.ascent()), shown);
}

void paintShapes(QPainter &painter, const DrawLayer &layer, bool vector) {
  painter.setRenderHint(QPainter::Antialiasing, true);
  for (const DrawPath &path : layer.paths) paintPath(painter, path);
  for (const DrawLine &line : layer.lines) {
    if (!vector && isStraight(line)) continue; // drawn as spans
    painter.setRenderHint(QPainter::Antialiasing, !isStraight(line));
    paintLine(painter, line);
  }
  painter.setRenderHint(QPainter::Antialiasing, true);
}

void paintRest(QPainter &painter, const DrawLayer &layer) {
  paintShapes(painter, layer, true);
  for (const DrawText &text : layer.texts) paintText(painter, text);
}

bool hasShapes(const DrawLayer &layer) {
  return !layer.paths.empty() || !std::all_of(layer.lines.begin(), layer.lines.end(), isStraight);
}

void rasteriseTexts(const DrawLayer &layer, QImage &image, const Spans &spans, double scale) {
  std::vector<const DrawText *> byQt;
  for (const DrawText &text : layer.texts) {
    if (text.w < 4 || text.text.isEmpty()) continue;
    const TextMask &mask = textMasks().get(text.text, text.size, text.bold, scale);
    if (mask.simple)
      paintMasked(spans, text, scale, mask);
    else
      byQt.push_back(&text);
  }
  if (byQt.empty()) return;
  QPainter painter(&image);
  painter.scale(scale / image.devicePixelRatio(), scale / image.devicePixelRatio());
  for (const DrawText *text : byQt) paintText(painter, *text);
}

} // namespace

void rasterise(const DrawList &list, QImage &image) {
  const auto spans = [&image] {
    return Spans{reinterpret_cast<QRgb *>(image.bits()), image.bytesPerLine() / 4, image.width(),
                 image.height()};
  };
  const auto rest = [&](const DrawLayer &layer) {
    spans().straightLines(layer.lines, list.scale);
    if (hasShapes(layer)) {
      QPainter painter(&image);
      // The image may carry a device pixel ratio, which would scale on its own.
      painter.scale(list.scale / image.devicePixelRatio(), list.scale / image.devicePixelRatio());
      paintShapes(painter, layer, false);
    }
    rasteriseTexts(layer, image, spans(), list.scale);
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
  paintRest(painter, list.back);
  painter.setRenderHint(QPainter::Antialiasing, false);
  for (const DrawStrip &strip : list.strips) {
    const auto &pixels = strip.pixels;
    for (std::size_t i = 0; i < pixels.size();) {
      std::size_t end = i + 1;
      while (end < pixels.size() && pixels[end] == pixels[i]) ++end;
      if (pixels[i] != 0)
        painter.fillRect(QRectF(strip.x + static_cast<double>(i) / list.scale, strip.y,
                                static_cast<double>(end - i) / list.scale, strip.h),
                         color(pixels[i]));
      i = end;
    }
  }
  for (const DrawRect &rect : list.main.rects) paintRect(painter, rect);
  paintRest(painter, list.main);
  for (const DrawRect &rect : list.top.rects) paintRect(painter, rect);
  paintRest(painter, list.top);
  painter.restore();
}

QString elided(const QString &text, double width, theme::TextSize size, bool bold) {
  return QFontMetricsF(theme::font(size, bold)).elidedText(text, Qt::ElideRight, width);
}

double textWidth(const QString &text, theme::TextSize size, bool bold) {
  return QFontMetricsF(theme::font(size, bold)).horizontalAdvance(text);
}

} // namespace hotloop::gui
