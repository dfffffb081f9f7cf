#include "gui/app/render.h"

#include <QApplication>
#include <QBuffer>
#include <QImageWriter>
#include <QLocale>
#include <QPainter>
#include <QSaveFile>
#include <QStyleFactory>
#include <QSvgGenerator>
#include <QWidget>
#include <cmath>
#include <fmt/format.h>
#include <memory>

#include "gui/view/theme.h"
#include "gui/widgets/canvas.h"

namespace hotloop::gui {
namespace {

// How canvases are painted while this lives.
struct TargetScope {
  explicit TargetScope(const RenderTarget &target) : before(renderTarget()) {
    setRenderTarget(target);
  }
  ~TargetScope() { setRenderTarget(before); }
  RenderTarget before;
};

std::unique_ptr<QWidget> laidOut(const PageInfo &page, const PageContext &context,
                                 const RenderSize &size) {
  std::unique_ptr<QWidget> widget(page.make(context));
  widget->setAttribute(Qt::WA_DontShowOnScreen);
  widget->resize(size.width, size.height);
  widget->show(); // lays out
  widget->resize(size.width, size.height);
  QCoreApplication::processEvents();
  // Not the focus: it blinks.
  if (QWidget *focus = QApplication::focusWidget()) focus->clearFocus();
  QCoreApplication::processEvents();
  return widget;
}

Result<void> cannotWrite(const std::string &path, const QString &reason) {
  return Unexpected(Error{ErrorKind::kPermission,
                          fmt::format("cannot write {}: {}; choose another place for the picture",
                                      path, reason.toStdString())});
}

} // namespace

void applyTheme(QApplication &application) {
  QLocale::setDefault(QLocale::c());
  QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  QApplication::setPalette(theme::palette());
  QApplication::setFont(theme::font());
  application.setApplicationDisplayName(QStringLiteral("hotloop"));
}

QImage renderWidget(QWidget &widget, const RenderSize &size) {
  const TargetScope scope({size.scale, false});
  QImage image(static_cast<int>(std::lround(size.width * size.scale)),
               static_cast<int>(std::lround(size.height * size.scale)), QImage::Format_RGB32);
  image.setDevicePixelRatio(size.scale);
  image.fill(widget.palette().color(QPalette::Window));
  widget.render(&image);
  image.setDevicePixelRatio(1);
  return image;
}

QImage renderPage(const PageInfo &page, const PageContext &context, const RenderSize &size) {
  const TargetScope scope({size.scale, false});
  return renderWidget(*laidOut(page, context, size), size);
}

Result<void> writePng(const QImage &image, const std::string &path) {
  QSaveFile file(QString::fromLocal8Bit(path.c_str()));
  if (!file.open(QIODevice::WriteOnly)) return cannotWrite(path, file.errorString());
  QImageWriter writer(&file, "png");
  if (!writer.write(image)) return cannotWrite(path, writer.errorString());
  if (!file.commit()) return cannotWrite(path, file.errorString());
  return {};
}

Result<void> writeWidgetSvg(QWidget &widget, const RenderSize &size, const std::string &path) {
  QByteArray bytes;
  {
    const TargetScope scope({1, true});
    QBuffer buffer(&bytes);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize({size.width, size.height});
    generator.setViewBox(QRect(0, 0, size.width, size.height));
    generator.setTitle(QStringLiteral("hotloop"));
    generator.setDescription(QString());
    QPainter painter(&generator);
    painter.fillRect(QRect(0, 0, size.width, size.height),
                     widget.palette().color(QPalette::Window));
    widget.render(&painter);
  }
  QSaveFile file(QString::fromLocal8Bit(path.c_str()));
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
    return cannotWrite(path, file.errorString());
  return {};
}

Result<void> writeSvg(const PageInfo &page, const PageContext &context, const RenderSize &size,
                      const std::string &path) {
  const TargetScope scope({1, true});
  return writeWidgetSvg(*laidOut(page, context, size), size, path);
}

} // namespace hotloop::gui
