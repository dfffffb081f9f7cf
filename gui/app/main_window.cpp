#include "gui/app/main_window.h"

#include <QAction>
#include <QFileDialog>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QTabWidget>
#include <QVBoxLayout>

#include "gui/data/summary.h"
#include "gui/pages/page_list.h"
#include "gui/view/text.h"
#include "gui/view/theme.h"

namespace hotloop::gui {

struct MainWindow::Action {
  const char *menu;
  const char *text;
  const char *keys;
  void (MainWindow::*run)();
};

const MainWindow::Action MainWindow::kActions[] = {
    {"&File", "&Open...", "Ctrl+O", &MainWindow::chooseFile},
    {"&File", "&Reload", "F5", &MainWindow::reload},
    {"&File", "&Quit", "Ctrl+Q", nullptr}, // closes the window
    {"&Help", "&Keys", "F1", &MainWindow::showKeys},
};

MainWindow::MainWindow(std::string firstPage) : firstPage_(std::move(firstPage)) {
  jobs_.setMaxThreadCount(1);
  setWindowTitle(QStringLiteral("hotloop"));
  resize(1280, 860);
  makeMenus();
  showSentence("No run is open.",
               "Open one with Ctrl+O. hotloop record -o run.hotloop -- PROGRAM makes one.");
}

MainWindow::~MainWindow() { jobs_.waitForDone(); }

void MainWindow::makeMenus() {
  QMenu *menu = nullptr;
  const char *current = nullptr;
  for (const Action &row : kActions) {
    if (current == nullptr || std::string_view(current) != row.menu) {
      menu = menuBar()->addMenu(QString::fromUtf8(row.menu));
      current = row.menu;
    }
    QAction *action = menu->addAction(QString::fromUtf8(row.text));
    action->setShortcut(QKeySequence(QString::fromUtf8(row.keys)));
    connect(action, &QAction::triggered, this, [this, &row] {
      if (row.run == nullptr)
        close();
      else
        (this->*row.run)();
    });
  }
}

void MainWindow::chooseFile() {
  const QString chosen = QFileDialog::getOpenFileName(
      this, QStringLiteral("Open a run"), {}, QStringLiteral("Runs (*.hotloop);;All files (*)"));
  if (!chosen.isEmpty()) openPath(QFile::encodeName(chosen).toStdString());
}

void MainWindow::reload() {
  if (!path_.empty()) openPath(path_);
}

void MainWindow::showKeys() {
  QString rows;
  for (const Action &row : kActions) {
    rows +=
        QStringLiteral("%1\t%2\n")
            .arg(QString::fromUtf8(row.keys), QString::fromUtf8(row.text).remove(QLatin1Char('&')));
  }
  QMessageBox::information(this, QStringLiteral("Keys"), rows);
}

void MainWindow::openPath(const std::string &path) {
  path_ = path;
  const std::uint64_t generation = ++generation_;
  showSentence("Reading " + path, "Large runs take some seconds.");
  jobs_.start([this, path, generation] {
    auto result = std::make_shared<Result<RunDocumentPtr>>(openRun(path));
    QMetaObject::invokeMethod(this, [this, path, generation, result] {
      if (generation == generation_) showResult(path, *result);
    });
  });
}

void MainWindow::showResult(const std::string &path, const Result<RunDocumentPtr> &result) {
  if (!result) {
    showSentence("This run cannot be shown.", result.error().message);
    setWindowTitle(shown(path));
    return;
  }
  auto *tabs = new QTabWidget;
  tabs->setDocumentMode(true);
  for (const PageInfo &page : pageList()) {
    const int index = tabs->addTab(page.make(*result), QString::fromUtf8(page.title));
    if (firstPage_ == page.id) tabs->setCurrentIndex(index);
  }
  setCentralWidget(tabs);
  setWindowTitle(shown(documentTitle(**result)));
}

void MainWindow::showSentence(const std::string &heading, const std::string &sentence) {
  auto *box = new QWidget;
  auto *layout = new QVBoxLayout(box);
  layout->setContentsMargins(60, 40, 60, 40);
  layout->addStretch(1);
  for (const bool large : {true, false}) {
    auto *label = new QLabel(shown(large ? heading : sentence));
    label->setObjectName(large ? QStringLiteral("heading") : QStringLiteral("sentence"));
    label->setTextFormat(Qt::PlainText);
    label->setFont(theme::font(large ? theme::TextSize::kLarge : theme::TextSize::kNormal, large));
    label->setAlignment(Qt::AlignCenter);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    layout->addWidget(label);
  }
  layout->addStretch(2);
  setCentralWidget(box);
}

} // namespace hotloop::gui
