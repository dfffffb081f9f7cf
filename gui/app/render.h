#pragma once

#include <QImage>
#include <string>

#include "core/base/result.h"
#include "gui/pages/page_list.h"

class QApplication;

namespace hotloop::gui {

// Style, palette and fonts that do not depend on the platform.
void applyTheme(QApplication &application);

// The page over `document`, width x height pixels. The same document gives the same picture.
QImage renderPage(const PageInfo &page, RunDocumentPtr document, int width, int height);

// Writes a PNG; a file that exists is replaced only by a complete one. Error: not writable.
Result<void> writePng(const QImage &image, const std::string &path);

} // namespace hotloop::gui
