#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMimeData>
#include <QSettings>
#include <QUrl>
#include <algorithm>

#include "gui/app/action_list.h"
#include "gui/app/help_dialog.h"
#include "gui/app/main_window.h"
#include "gui/app/palette_dialog.h"
#include "gui/app/process_dialog.h"
#include "gui/app/render.h"
#include "gui/app/session_file.h"
#include "gui/view/text.h"
#include "gui/view/theme.h"

// What the actions of the registry do to the window.
namespace hotloop::gui {
namespace {

constexpr int kMostRecent = 10;

QStringList recentFiles() {
  return QSettings(QStringLiteral("hotloop"), QStringLiteral("viewer"))
      .value(QStringLiteral("recent"))
      .toStringList();
}

} // namespace

bool MainWindow::trigger(std::string_view action) {
  if (Page *shownPage = page(currentPage_); shownPage != nullptr && shownPage->act(action))
    return true;
  if (act(action)) return true;
  // The timeline answers from anywhere to what is about occurrences and searching.
  if (action == "next-occurrence" || action == "previous-occurrence" || action == "search" ||
      action == "filter-lanes" || action == "next-hit" || action == "previous-hit") {
    if (Page *timeline = makePage("timeline")) {
      showPage("timeline");
      return timeline->act(action);
    }
  }
  for (const ActionInfo &info : actionList()) {
    if (action == info.id) return true; // known, but nothing to do here
  }
  return false;
}

bool MainWindow::act(std::string_view action) {
  if (action == "open") {
    chooseFiles();
  } else if (action == "record") {
    record();
  } else if (action == "reload") {
    if (current_ < runs_.size()) startReading(current_);
  } else if (action == "close-run") {
    if (current_ >= runs_.size()) return true;
    saveSession();
    runs_[current_].stop.request_stop();
    RunDocumentPtr closed = std::move(runs_[current_].document);
    runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(current_));
    closePages();
    letGo(std::move(closed));
    if (runs_.empty()) {
      showSentence("No run is open.", "Open one with Ctrl+O, or drop it here.");
      setWindowTitle(QStringLiteral("hotloop"));
    } else {
      current_ = std::min(current_, runs_.size() - 1);
      showRun(current_);
    }
  } else if (action == "next-run") {
    if (runs_.size() > 1) showRun((current_ + 1) % runs_.size());
  } else if (action == "save-picture") {
    savePicture();
  } else if (action == "copy-text" || action == "copy-csv" || action == "copy-picture") {
    copy(action);
  } else if (action == "theme") {
    changeTheme();
  } else if (action == "next-page" || action == "previous-page") {
    stepPage(action == "next-page" ? 1 : -1);
  } else if (action == "reset-layout") {
    const std::string kept = currentPage_;
    closePages();
    if (document() != nullptr) showDocument(false);
    showPage(kept);
  } else if (action == "palette") {
    showPalette();
  } else if (action == "help") {
    showHelp();
  } else if (action == "quit") {
    close();
  } else {
    return false;
  }
  return true;
}

void MainWindow::openPath(const std::string &path) {
  const QString name = QString::fromLocal8Bit(path.c_str());
  const QFileInfo info(name);
  if (info.isFile() && isForeign(name)) {
    importFile(path);
    return;
  }
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (runs_[i].path != path) continue;
    current_ = i; // open already: read anew
    startReading(i);
    return;
  }
  OpenRun run;
  run.path = path;
  if (current_ < runs_.size()) saveSession();
  runs_.push_back(std::move(run));
  current_ = runs_.size() - 1;
  startReading(current_);
}

void MainWindow::chooseFiles() {
  const QStringList chosen = QFileDialog::getOpenFileNames(
      this, QStringLiteral("Open runs"), {},
      QStringLiteral("Runs and traces (*.hotloop *.json *.json.gz *.sqlite *.nsys-rep *.pickle);;"
                     "All files (*)"));
  for (const QString &path : chosen) openPath(QFile::encodeName(path).toStdString());
}

void MainWindow::importFile(const std::string &path) {
  const QString from = QString::fromLocal8Bit(path.c_str());
  auto *dialog =
      new ProcessDialog(QStringLiteral("Import %1").arg(QFileInfo(from).fileName()), this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  const QString to = importTarget(from);
  dialog->finished = [this, to](bool good) {
    if (good) openPath(QFile::encodeName(to).toStdString());
  };
  dialog->start({QStringLiteral("import"), from, QStringLiteral("-o"), to,
                 QStringLiteral("--force"), QStringLiteral("--progress=json")});
  dialog->open();
}

void MainWindow::record() {
  auto *dialog = new RecordDialog(this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->recorded = [this](const QString &path) {
    openPath(QFile::encodeName(path).toStdString());
  };
  dialog->open();
}

void MainWindow::savePicture() {
  const auto found = docks_.find(currentPage_);
  if (found == docks_.end() || found->second->widget() == nullptr) return;
  const QString path = QFileDialog::getSaveFileName(this, QStringLiteral("Save the page"),
                                                    QStringLiteral("page.png"),
                                                    QStringLiteral("Pictures (*.png *.svg)"));
  if (path.isEmpty()) return;
  QWidget &widget = *found->second->widget();
  const RenderSize size{widget.width(), widget.height(), 1};
  const std::string file = QFile::encodeName(path).toStdString();
  const auto written = path.endsWith(QStringLiteral(".svg"))
                           ? writeWidgetSvg(widget, size, file)
                           : writePng(renderWidget(widget, size), file);
  say(written ? QStringLiteral("written: ") + path : shown(written.error().message));
}

void MainWindow::copy(std::string_view what) {
  const auto found = docks_.find(currentPage_);
  Page *shownPage = page(currentPage_);
  if (found == docks_.end() || shownPage == nullptr) return;
  QClipboard *clipboard = QApplication::clipboard();
  if (what == "copy-picture") {
    clipboard->setImage(renderWidget(*shownPage, {shownPage->width(), shownPage->height(), 1}));
    say(QStringLiteral("the picture is in the clipboard"));
    return;
  }
  QString text = what == "copy-csv" ? shownPage->csv() : shownPage->text();
  if (text.isEmpty()) text = shownPage->text();
  clipboard->setText(text);
  say(text.isEmpty() ? QStringLiteral("this page has no text to copy")
                     : QStringLiteral("%1 lines are in the clipboard").arg(text.count('\n')));
}

void MainWindow::changeTheme() {
  theme::setMode(theme::mode() == theme::Mode::kDark ? theme::Mode::kLight : theme::Mode::kDark);
  QApplication::setPalette(theme::palette());
  const std::string kept = currentPage_;
  if (document() == nullptr) return;
  // Colours are in labels and models too: pages are made anew when they are looked at, and go on
  // where they were.
  for (const auto &[id, dock] : docks_) {
    if (const Page *each = page(id)) runs_[current_].states[id] = each->state();
  }
  closePages();
  showDocument(false);
  showPage(kept);
}

void MainWindow::showHelp() { HelpDialog(this).exec(); }

void MainWindow::showPalette() {
  PaletteDialog dialog(actions_, this);
  if (dialog.exec() == QDialog::Accepted && dialog.chosen() != nullptr) dialog.chosen()->trigger();
}

void MainWindow::stepPage(int direction) {
  std::vector<std::string> ids;
  for (const PageInfo &info : pageList()) {
    if (info.inWindow) ids.emplace_back(info.id);
  }
  const auto found = std::find(ids.begin(), ids.end(), currentPage_);
  const auto count = static_cast<std::ptrdiff_t>(ids.size());
  const std::ptrdiff_t at = found == ids.end() ? 0 : found - ids.begin();
  showPage(ids[static_cast<std::size_t>((at + direction + count) % count)]);
}

void MainWindow::rememberRecent(const std::string &path) {
  QStringList files = recentFiles();
  const QString whole = QFileInfo(QString::fromLocal8Bit(path.c_str())).absoluteFilePath();
  files.removeAll(whole);
  files.prepend(whole);
  while (files.size() > kMostRecent) files.removeLast();
  QSettings(QStringLiteral("hotloop"), QStringLiteral("viewer"))
      .setValue(QStringLiteral("recent"), files);
}

void MainWindow::fillRecent() {
  recent_->clear();
  for (const QString &path : recentFiles()) {
    QAction *action = recent_->addAction(path);
    action->setEnabled(QFileInfo::exists(path));
    connect(action, &QAction::triggered, this,
            [this, path] { openPath(QFile::encodeName(path).toStdString()); });
  }
}

void MainWindow::saveSession() {
  if (current_ >= runs_.size() || runs_[current_].document == nullptr ||
      !runs_[current_].document->trace->complete) {
    return;
  }
  Session session;
  session.layout = saveState();
  session.page = currentPage_;
  for (const auto &[id, dock] : docks_) {
    if (const Page *each = page(id)) {
      if (const QString state = each->state(); !state.isEmpty()) session.pages[id] = state;
    }
  }
  writeSession(runs_[current_].path, session);
}

void MainWindow::restoreSession() {
  const auto session = readSession(runs_[current_].path);
  if (!session) return;
  if (!session->layout.isEmpty()) restoreState(session->layout);
  for (const auto &[id, state] : session->pages) {
    if (Page *each = page(id))
      each->restore(state);
    else
      runs_[current_].states[id] = state;
  }
  if (firstPage_.empty() && !session->page.empty()) showPage(session->page);
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent *event) {
  for (const QUrl &url : event->mimeData()->urls()) {
    if (url.isLocalFile()) openPath(QFile::encodeName(url.toLocalFile()).toStdString());
  }
  event->acceptProposedAction();
}

void MainWindow::closeEvent(QCloseEvent *event) {
  saveSession();
  for (OpenRun &run : runs_) run.stop.request_stop();
  QMainWindow::closeEvent(event);
}

} // namespace hotloop::gui
