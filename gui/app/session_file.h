#pragma once

#include <QByteArray>
#include <QString>
#include <map>
#include <optional>
#include <string>

namespace hotloop::gui {

// What is kept of a window between two openings of a run: in RUN.hlview beside it, or in the user's
// settings folder where that is not writable. Never in the run itself; deleting it is safe.
struct Session {
  QByteArray layout; // of QMainWindow::saveState()
  std::string page;
  std::map<std::string, QString> pages; // Page::state() by id
};

// False when nothing could be written.
bool writeSession(const std::string &run, const Session &session);
// Nothing when there is none, or it is damaged.
std::optional<Session> readSession(const std::string &run);

} // namespace hotloop::gui
