#pragma once

#include <QImage>
#include <QPainter>

#include "gui/view/draw_list.h"

namespace hotloop::gui {

// Paints into `image` (Format_RGB32, whose size is logical size x list.scale): spans and lines
// along an axis are written straight to the scan lines, QPainter does text, paths and other lines.
// The same list gives the same bytes.
void rasterise(const DrawList &list, QImage &image);

// The same through QPainter alone: for SVG, and the reference that tests compare with.
void paintVector(const DrawList &list, QPainter &painter);

// `text` cut to `width` logical pixels with an ellipsis, as it is drawn.
QString elided(const QString &text, double width, theme::TextSize size, bool bold);
double textWidth(const QString &text, theme::TextSize size, bool bold);

} // namespace hotloop::gui
