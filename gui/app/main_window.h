#pragma once

#include <QMainWindow>
#include <QThreadPool>
#include <string>

#include "gui/data/run_document.h"

namespace hotloop::gui {

// The window: one tab per page, or a sentence that says what is going on. Runs are loaded in a job;
// the window answers meanwhile.
class MainWindow : public QMainWindow {
public:
  explicit MainWindow(std::string firstPage = {});
  // Waits for a job that still reads.
  ~MainWindow() override;

  // Opens `path`: "reading" at once, its pages, or the error's sentence, later.
  void openPath(const std::string &path);
  // What a finished job shows.
  void showResult(const std::string &path, const Result<RunDocumentPtr> &result);

private:
  struct Action; // one row of the table that menus and keys come from
  static const Action kActions[];

  void makeMenus();
  void chooseFile();
  void reload();
  void showKeys();
  void showSentence(const std::string &heading, const std::string &sentence);

  std::string firstPage_;
  std::string path_;
  std::uint64_t generation_ = 0; // of the job whose result is wanted
  QThreadPool jobs_;
};

} // namespace hotloop::gui
