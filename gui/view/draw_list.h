#pragma once

#include <QPointF>
#include <QString>
#include <cstdint>
#include <string>
#include <vector>

#include "gui/view/theme.h"

// What a page draws, as data: tests read it, the rasteriser and SVG paint it. Coordinates are
// logical pixels; colours are 0xAARRGGBB.
namespace hotloop::gui {

using Rgb = std::uint32_t;

// Told apart without colour: categories have patterns too.
enum class Pattern : std::uint8_t { kNone, kDiagonal, kDots, kVertical, kHorizontal };

struct DrawRect {
  float x = 0, y = 0, w = 0, h = 0;
  Rgb fill = 0;
  Pattern pattern = Pattern::kNone;
};
struct DrawLine {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  Rgb color = 0;
  float width = 1;
  bool arrow = false; // head at the second end; drawn as a curve
};
struct DrawPath {
  std::vector<QPointF> points;
  Rgb stroke = 0; // 0: none
  Rgb fill = 0;   // 0: none; closes the path
};
enum class Align : std::uint8_t { kLeft, kCenter, kRight };
struct DrawText {
  float x = 0, y = 0, w = 0, h = 0; // the text is cut to w and centred in h
  QString text;
  Rgb color = 0;
  theme::TextSize size = theme::TextSize::kSmall;
  Align align = Align::kLeft;
  bool bold = false;
};
// One row of pixels, repeated h times: `scale` pixels per logical pixel. Where a pixel is 0, what
// is behind the first row shows through, in every row: upright lines and the ground go on.
struct DrawStrip {
  float x = 0, y = 0, h = 0;
  std::vector<Rgb> pixels;
};

// A text in a box.
DrawText textIn(float x, float y, float w, float h, const QString &text, Rgb color,
                Align align = Align::kLeft, bool bold = false,
                theme::TextSize size = theme::TextSize::kSmall);

struct DrawLayer {
  std::vector<DrawRect> rects;
  std::vector<DrawPath> paths;
  std::vector<DrawLine> lines;
  std::vector<DrawText> texts;
  void clear();
};

// Painted in this order: back, strips, main, top.
struct DrawList {
  double scale = 1; // device pixels per logical pixel
  DrawLayer back;
  std::vector<DrawStrip> strips;
  DrawLayer main;
  DrawLayer top;

  void clear(double newScale);
  // One line per item, numbers rounded: for tests and reviews.
  std::string dump() const;
};

} // namespace hotloop::gui
