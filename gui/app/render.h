#pragma once

#include <QImage>
#include <string>

#include "core/base/result.h"
#include "gui/pages/page_list.h"

class QApplication;

namespace hotloop::gui {

// Style, palette and fonts that do not depend on the platform, in the current mode of the theme.
void applyTheme(QApplication &application);

struct RenderSize {
  int width = 1280, height = 800; // logical pixels
  double scale = 1;
};

// The page as a picture. The same documents give the same bytes.
QImage renderPage(const PageInfo &page, const PageContext &context, const RenderSize &size);
// Any widget that is laid out already.
QImage renderWidget(QWidget &widget, const RenderSize &size);

// Writes a PNG; a file that exists is replaced only by a complete one. Error: not writable.
Result<void> writePng(const QImage &image, const std::string &path);
// The page as SVG: what pages draw themselves stays vectors and text.
Result<void> writeSvg(const PageInfo &page, const PageContext &context, const RenderSize &size,
                      const std::string &path);
Result<void> writeWidgetSvg(QWidget &widget, const RenderSize &size, const std::string &path);

} // namespace hotloop::gui
