#include "gui/widgets/canvas.h"

#include <QEvent>
#include <QPainter>
#include <cmath>

#include "gui/view/raster.h"

namespace hotloop::gui {
namespace {

RenderTarget target;

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
    back_.fill(palette().color(QPalette::Window));
    rasterise(list_, back_);
    back_.setDevicePixelRatio(scale);
    imageDirty_ = false;
  }
  return back_;
}

void Canvas::paintEvent(QPaintEvent *) {
  QPainter painter(this);
  if (target.vector) {
    painter.fillRect(rect(), palette().color(QPalette::Window));
    update(1);
    painter.setClipRect(rect());
    paintVector(list_, painter);
    return;
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
