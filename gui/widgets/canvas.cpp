#include "gui/widgets/canvas.h"

#include <QEvent>
#include <QPaintEngine>
#include <QPaintEvent>
#include <QPainter>
#include <cmath>

#include "gui/view/raster.h"

namespace hotloop::gui {
namespace {

RenderTarget target;

bool coversAll(const DrawList &list, int width, int height) {
  if (list.back.rects.empty()) return false;
  const DrawRect &first = list.back.rects.front();
  return first.x <= 0 && first.y <= 0 && first.x + first.w >= static_cast<float>(width) &&
         first.y + first.h >= static_cast<float>(height) && first.fill >> 24 == 255;
}

} // namespace

void setRenderTarget(const RenderTarget &newTarget) { target = newTarget; }
const RenderTarget &renderTarget() { return target; }

Canvas::Canvas(QWidget *parent) : QWidget(parent) {
  setAttribute(Qt::WA_OpaquePaintEvent);
  setFocusPolicy(Qt::StrongFocus);
}

void Canvas::markDirty() {
  listDirty_ = true;
  imageDirty_ = true;
  QWidget::update();
}

void Canvas::update(double scale) {
  if (!listDirty_ && list_.scale == scale) return;
  list_.clear(scale);
  draw(list_);
  listDirty_ = false;
  imageDirty_ = true;
  ++frames_;
}

const DrawList &Canvas::drawList() {
  update(target.scale > 0 ? target.scale : devicePixelRatioF());
  return list_;
}

QImage Canvas::picture() {
  const double scale = target.scale > 0 ? target.scale : devicePixelRatioF();
  update(scale);
  const QSize size(static_cast<int>(std::lround(width() * scale)),
                   static_cast<int>(std::lround(height() * scale)));
  if (back_.size() != size) {
    back_ = QImage(size, QImage::Format_RGB32);
    imageDirty_ = true;
  }
  if (imageDirty_) {
    back_.setDevicePixelRatio(1);
    if (!coversAll(list_, width(), height())) back_.fill(palette().color(QPalette::Window));
    rasterise(list_, back_);
    back_.setDevicePixelRatio(scale);
    imageDirty_ = false;
  }
  return back_;
}

// The picture that is behind the widget, where Qt has one in memory and all of it is to be drawn:
// writing there spares a copy, which costs as much as the rest of a large frame.
QImage Canvas::behind(const QPainter &painter, const QRegion &region) const {
  const QPaintEngine *engine = painter.paintEngine();
  QPaintDevice *device = engine == nullptr ? nullptr : engine->paintDevice();
  const QTransform place = painter.deviceTransform();
  const double scale = devicePixelRatioF();
  if (device == nullptr || device->devType() != QInternal::Image || region != QRegion(rect()) ||
      painter.hasClipping() || (target.scale > 0 && target.scale != scale) ||
      place.type() > QTransform::TxScale || place.m11() != scale || place.m22() != scale) {
    return {};
  }
  const auto *image = static_cast<const QImage *>(device);
  const QRect part(static_cast<int>(std::lround(place.dx())),
                   static_cast<int>(std::lround(place.dy())),
                   static_cast<int>(std::lround(width() * scale)),
                   static_cast<int>(std::lround(height() * scale)));
  const bool known = image->format() == QImage::Format_RGB32 ||
                     image->format() == QImage::Format_ARGB32_Premultiplied;
  const QRegion clip = engine->systemClip();
  if (!known || !image->rect().contains(part) ||
      (!clip.isEmpty() && clip.intersected(part) != part))
    return {};
  // Not bits(), which would give the image a memory of its own: Qt has made sure of that already.
  auto *bits = const_cast<uchar *>(image->constScanLine(part.y())) + 4 * part.x();
  return QImage(bits, part.width(), part.height(), image->bytesPerLine(), QImage::Format_RGB32);
}

void Canvas::paintEvent(QPaintEvent *event) {
  QPainter painter(this);
  if (target.vector) {
    painter.fillRect(rect(), palette().color(QPalette::Window));
    update(1);
    painter.setClipRect(rect());
    paintVector(list_, painter);
    return;
  }
  if (imageDirty_ || listDirty_) {
    if (QImage image = behind(painter, event->region()); !image.isNull()) {
      painter.end();
      update(devicePixelRatioF());
      if (!coversAll(list_, width(), height())) image.fill(palette().color(QPalette::Window));
      rasterise(list_, image);
      imageDirty_ = true; // the next one is drawn anew
      return;
    }
  }
  picture();
  painter.drawImage(QPoint(0, 0), back_);
}

void Canvas::changeEvent(QEvent *event) {
  if (event->type() == QEvent::PaletteChange) markDirty();
  QWidget::changeEvent(event);
}

void Canvas::resizeEvent(QResizeEvent *event) {
  markDirty();
  QWidget::resizeEvent(event);
}

} // namespace hotloop::gui
