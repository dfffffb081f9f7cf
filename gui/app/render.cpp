#include "gui/app/render.h"

#include <QApplication>
#include <QImageWriter>
#include <QLocale>
#include <QSaveFile>
#include <QStyleFactory>
#include <QWidget>
#include <fmt/format.h>
#include <memory>

#include "gui/view/theme.h"

namespace hotloop::gui {

void applyTheme(QApplication &application) {
  QLocale::setDefault(QLocale::c());
  QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  QApplication::setPalette(theme::palette());
  QApplication::setFont(theme::font());
  application.setApplicationDisplayName(QStringLiteral("hotloop"));
}

QImage renderPage(const PageInfo &page, RunDocumentPtr document, int width, int height) {
  const std::unique_ptr<QWidget> widget(page.make(std::move(document)));
  widget->setAttribute(Qt::WA_DontShowOnScreen);
  widget->resize(width, height);
  widget->show(); // lays out
  widget->resize(width, height);
  QCoreApplication::processEvents();
  // Not the focus: it blinks.
  if (QWidget *focus = QApplication::focusWidget()) focus->clearFocus();
  QImage image(width, height, QImage::Format_RGB32);
  image.fill(widget->palette().color(QPalette::Window));
  widget->render(&image);
  return image;
}

Result<void> writePng(const QImage &image, const std::string &path) {
  QSaveFile file(QString::fromLocal8Bit(path.c_str()));
  const bool opened = file.open(QIODevice::WriteOnly);
  QImageWriter writer(&file, "png");
  if (!opened || !writer.write(image) || !file.commit()) {
    const QString reason =
        opened && file.error() == QFileDevice::NoError ? writer.errorString() : file.errorString();
    return Unexpected(Error{ErrorKind::kPermission,
                            fmt::format("cannot write {}: {}; choose another place for the picture",
                                        path, reason.toStdString())});
  }
  return {};
}

} // namespace hotloop::gui
