#include "gui/widgets/rich_table.h"

#include <QStringList>

#include "gui/view/text.h"
#include "gui/view/theme.h"

namespace hotloop::gui {

QString richTable(const QString &lines, bool header) {
  QString html;
  QString rows;
  bool first = true;
  const auto flush = [&] {
    if (!rows.isEmpty())
      html += QStringLiteral("<table cellspacing='0' cellpadding='2'>%1</table>").arg(rows);
    rows.clear();
  };
  for (const QString &line : lines.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
    const QStringList cells = line.split(QLatin1Char('\t'));
    if (cells.size() == 1) {
      flush();
      html +=
          QStringLiteral("<p style='margin:2px'><b>%1</b></p>").arg(shownRich(line.toStdString()));
      first = true;
      continue;
    }
    QString row;
    for (qsizetype i = 0; i < cells.size(); ++i) {
      const bool dim = (header && first) || (!header && i == 0);
      row += QStringLiteral("<td style='padding-right:14px;white-space:pre;%1' align='%2'>%3</td>")
                 .arg(dim ? QStringLiteral("color:") + theme::dimText().name() : QString(),
                      header && i > 1 ? QStringLiteral("right") : QStringLiteral("left"),
                      shownRich(cells[i].toStdString()));
    }
    rows += QStringLiteral("<tr>%1</tr>").arg(row);
    first = false;
  }
  flush();
  return html;
}

QString tabsToCsv(const QString &lines) {
  QString out;
  for (const QString &line : lines.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
    QStringList cells = line.split(QLatin1Char('\t'));
    for (QString &cell : cells) {
      if (cell.contains(QLatin1Char(',')) || cell.contains(QLatin1Char('"')) ||
          cell.contains(QLatin1Char('\n'))) {
        cell = QLatin1Char('"') + cell.replace(QLatin1Char('"'), QLatin1String("\"\"")) +
               QLatin1Char('"');
      }
    }
    out += cells.join(QLatin1Char(',')) + QLatin1Char('\n');
  }
  return out;
}

} // namespace hotloop::gui
