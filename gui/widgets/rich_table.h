#pragma once

#include <QString>

namespace hotloop::gui {

// Lines of texts separated by tabs as an HTML table; a line without a tab is a heading, the first
// line of a table is its header when `header` is set.
QString richTable(const QString &lines, bool header);
// The same lines as CSV (RFC 4180).
QString tabsToCsv(const QString &lines);

} // namespace hotloop::gui
