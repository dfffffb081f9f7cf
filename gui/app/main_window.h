#pragma once

#include <QMainWindow>
#include <QThreadPool>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "gui/pages/page_list.h"

class QAction;
class QDockWidget;
class QLabel;
class QMenu;

namespace hotloop::gui {

// The window: every page of a run in a dock of its own, as tabs at first. Runs are read in jobs,
// the events before the analysis; the window answers meanwhile. Several runs may be open; one is
// shown.
class MainWindow : public QMainWindow {
public:
  explicit MainWindow(std::string firstPage = {}, std::string range = {}, std::string select = {});
  // Stops jobs that still read.
  ~MainWindow() override;

  // Opens `path`: "reading" at once, its pages, or the error's sentence, later. Foreign formats are
  // imported first.
  void openPath(const std::string &path);
  // Does an action of the registry; false when there is none of that id.
  bool trigger(std::string_view action);

  RunDocumentPtr document() const;
  std::size_t runs() const { return runs_.size(); }
  void showPage(std::string_view id);
  // Null until it is made.
  Page *page(std::string_view id) const;
  std::string currentPage() const { return currentPage_; }
  // A run is still read or analysed.
  bool isBusy() const { return jobs_.activeThreadCount() > 0; }

protected:
  void dragEnterEvent(QDragEnterEvent *event) override;
  void dropEvent(QDropEvent *event) override;
  void closeEvent(QCloseEvent *event) override;

private:
  struct OpenRun {
    std::string path;
    RunDocumentPtr document; // null while it is read, or when it failed
    std::string failure;
    std::stop_source stop; // of its jobs
    std::uint64_t generation = 0;
    bool restored = false;                 // its session, after it was opened
    std::map<std::string, QString> states; // of pages that are not made yet
  };

  void makeActions();
  void makeNavigator();
  void startReading(std::size_t run);
  void arrived(std::uint64_t generation, RunDocumentPtr document);
  void failed(std::uint64_t generation, const std::string &sentence);
  OpenRun *findRun(std::uint64_t generation);
  void showRun(std::size_t run);
  void showDocument(bool fresh); // docks of the current run, pages as far as it is known
  PageContext makeContext();
  void resolveRange();
  QDockWidget *dockOf(const PageInfo &info, QDockWidget *previous);
  Page *makePage(std::string_view id); // null when too little is known
  void showSentence(const std::string &heading, const std::string &sentence);
  void closePages();
  static void letGo(RunDocumentPtr document); // whose pages are closed
  bool act(std::string_view action);
  void say(const QString &sentence);

  void chooseFiles();
  void importFile(const std::string &path);
  void record();
  void savePicture();
  void copy(std::string_view what);
  void changeTheme();
  void showHelp();
  void showPalette();
  void stepPage(int direction);
  void rememberRecent(const std::string &path);
  void fillRecent();
  void saveSession();
  void restoreSession();

  std::string firstPage_, range_, select_;
  std::optional<TimeRange> openRange_;
  std::vector<OpenRun> runs_;
  std::size_t current_ = 0;
  std::uint64_t generations_ = 0;
  std::map<std::string, QDockWidget *, std::less<>> docks_;
  std::map<std::string, bool, std::less<>> complete_; // page knows the analysis
  std::string currentPage_;
  std::vector<QAction *> actions_;
  QMenu *recent_ = nullptr;
  Navigator navigator_;
  QThreadPool jobs_;
};

} // namespace hotloop::gui
