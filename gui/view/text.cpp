#include "gui/view/text.h"

#include "core/report/text_layout.h"

namespace hotloop::gui {

QString shown(std::string_view text) { return QString::fromStdString(printable(text)); }

QString shownRich(std::string_view text) {
  QString rich;
  while (true) {
    const std::size_t end = text.find('\n');
    rich += shown(text.substr(0, end))
                .toHtmlEscaped()
                .replace(QStringLiteral("  "), QStringLiteral(" &nbsp;"));
    if (end == std::string_view::npos) return rich;
    rich += QStringLiteral("<br>");
    text.remove_prefix(end + 1);
  }
}

std::string briefFile(const std::string &path) {
  const std::size_t name = path.rfind('/');
  if (name == std::string::npos || name == 0) return path;
  const std::size_t folder = path.rfind('/', name - 1);
  return folder == std::string::npos ? path : path.substr(folder + 1);
}

std::string briefSite(const Site &site) {
  Site brief = site;
  brief.file = briefFile(site.file);
  return brief.text();
}

} // namespace hotloop::gui
