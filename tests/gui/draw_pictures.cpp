#include "tests/gui/draw_pictures.h"

#include <QApplication>
#include <QCursor>
#include <QTest>

#include "gui/app/main_window.h"
#include "gui/app/render.h"
#include "gui/pages/page_list.h"
#include "tests/gui/made_document.h"

namespace hotloop::gui::test {
namespace {

bool write(QWidget &widget, const std::string &path) {
  QTest::qWait(50); // a window manager, or its absence, may still move things
  // The focus blinks.
  if (QWidget *focus = QApplication::focusWidget()) focus->clearFocus();
  QCoreApplication::processEvents();
  return widget.grab()
      .toImage()
      .convertToFormat(QImage::Format_RGB32)
      .save(QString::fromStdString(path), "PNG");
}

} // namespace

int drawPictures(const std::string &folder) {
  QCursor::setPos(1599, 1199); // what lies under the pointer looks different
  PageContext context;
  context.document = madeDocument();
  context.all = {context.document, madeDocument()};
  for (const PageInfo &page : pageList()) {
    const std::unique_ptr<QWidget> widget(page.make(context));
    widget->resize(900, 600);
    widget->show();
    if (!write(*widget, folder + "/" + page.id + ".png")) return 1;
  }
  MainWindow window("timeline");
  window.resize(1100, 700);
  window.show();
  return write(window, folder + "/window.png") ? 0 : 1;
}

} // namespace hotloop::gui::test
