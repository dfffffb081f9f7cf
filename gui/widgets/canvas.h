#pragma once

#include <QImage>
#include <QWidget>

#include "gui/view/draw_list.h"

namespace hotloop::gui {

// How widgets that draw themselves are painted when they are rendered to a file instead of a
// window.
struct RenderTarget {
  double scale = 0;    // device pixels per logical pixel; 0: those of the window
  bool vector = false; // paint through QPainter, for SVG
};
void setRenderTarget(const RenderTarget &target);
const RenderTarget &renderTarget();

// A widget that shows a DrawList. Its picture is kept until markDirty() or a new size or theme.
class Canvas : public QWidget {
public:
  explicit Canvas(QWidget *parent = nullptr);

  // What it shows at its size now.
  const DrawList &drawList();
  void markDirty();
  // How often it was drawn anew.
  int frames() const { return frames_; }
  // The picture, for the clipboard.
  QImage picture();

protected:
  // Fills `list` (cleared, scale set) for width() x height() logical pixels.
  virtual void draw(DrawList &list) = 0;
  void paintEvent(QPaintEvent *event) override;
  void changeEvent(QEvent *event) override;
  void resizeEvent(QResizeEvent *event) override;

private:
  void update(double scale);
  QImage behind(const QPainter &painter, const QRegion &region) const; // null: there is none

  DrawList list_;
  QImage back_;
  bool listDirty_ = true;
  bool imageDirty_ = true;
  int frames_ = 0;
};

} // namespace hotloop::gui
