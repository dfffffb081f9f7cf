#include "gui/app/help_dialog.h"

#include <QTextBrowser>
#include <QVBoxLayout>

#include "gui/app/action_list.h"
#include "gui/view/theme.h"

namespace hotloop::gui {

QString helpText() {
  QString html;
  const char *menu = "";
  for (const ActionInfo &info : actionList()) {
    if (std::string_view(menu) != info.menu) {
      if (*menu != '\0') html += QStringLiteral("</table>");
      menu = info.menu;
      html += QStringLiteral("<h3>%1</h3><table cellpadding='3'>")
                  .arg(QString::fromUtf8(menu).remove(QLatin1Char('&')));
    }
    html += QStringLiteral("<tr><td><b>%1</b></td><td>%2</td><td>%3</td></tr>")
                .arg(QString::fromUtf8(info.keys).toHtmlEscaped(),
                     QString::fromUtf8(info.text).remove(QLatin1Char('&')).toHtmlEscaped(),
                     QString::fromUtf8(info.help).toHtmlEscaped());
  }
  return html + QStringLiteral(
                    "</table><h3>Mouse</h3><table cellpadding='3'>"
                    "<tr><td><b>wheel</b></td><td>zoom; Ctrl fine, Shift pan, Alt lanes</td></tr>"
                    "<tr><td><b>drag</b></td><td>measure; edges of slices attract</td></tr>"
                    "<tr><td><b>middle drag</b></td><td>zoom to what it covers</td></tr>"
                    "<tr><td><b>right drag, Shift+drag</b></td><td>pan</td></tr>"
                    "<tr><td><b>click on a group</b></td><td>fold it; with Ctrl: pin it to the "
                    "top</td></tr>"
                    "<tr><td><b>double click</b></td><td>frame a slice</td></tr></table>");
}

HelpDialog::HelpDialog(QWidget *parent) : QDialog(parent) {
  setWindowTitle(QStringLiteral("Keys"));
  setObjectName(QStringLiteral("help"));
  resize(820, 640);
  auto *browser = new QTextBrowser;
  browser->setFont(theme::font());
  browser->setAccessibleName(QStringLiteral("keys"));
  browser->setHtml(helpText());
  auto *layout = new QVBoxLayout(this);
  layout->addWidget(browser);
}

} // namespace hotloop::gui
