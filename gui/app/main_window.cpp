#include "gui/app/main_window.h"

#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QStatusBar>
#include <QTimer>
#include <QVBoxLayout>

#include "gui/app/action_list.h"
#include "gui/data/summary.h"
#include "gui/pages/timeline/timeline_page.h"
#include "gui/view/text.h"
#include "gui/view/theme.h"
#include "gui/widgets/background.h"

namespace hotloop::gui {

MainWindow::MainWindow(std::string firstPage, std::string range, std::string select)
    : firstPage_(std::move(firstPage)), range_(std::move(range)), select_(std::move(select)) {
  jobs_.setMaxThreadCount(2);
  setWindowTitle(QStringLiteral("hotloop"));
  resize(1280, 860);
  setAcceptDrops(true);
  setDockNestingEnabled(true);
  setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
  makeActions();
  makeNavigator();
  statusBar()->setFont(theme::font(theme::TextSize::kSmall));
  showSentence("No run is open.",
               "Open one with Ctrl+O, or drop it here. hotloop record -o run.hotloop -- PROGRAM "
               "makes one.");
}

MainWindow::~MainWindow() {
  for (OpenRun &run : runs_) run.stop.request_stop();
  jobs_.waitForDone();
}

void MainWindow::makeActions() {
  std::map<std::string, QMenu *> menus;
  for (const ActionInfo &info : actionList()) {
    QMenu *&menu = menus[info.menu];
    if (menu == nullptr) menu = menuBar()->addMenu(QString::fromUtf8(info.menu));
    auto *action = menu->addAction(QString::fromUtf8(info.text));
    action->setObjectName(QString::fromUtf8(info.id));
    QList<QKeySequence> keys;
    for (const QString &key : QString::fromUtf8(info.keys).split(QStringLiteral("; ")))
      keys.append(QKeySequence(key));
    action->setShortcuts(keys);
    action->setStatusTip(QString::fromUtf8(info.help));
    action->setToolTip(QString::fromUtf8(info.help));
    // Return belongs to the widget that has the focus, which may need it.
    // So do the arrows, which walk tables.
    for (const char *id : {"activate", "scroll-up", "scroll-down", "fit"}) {
      if (std::string_view(info.id) == id) action->setShortcutContext(Qt::WidgetShortcut);
    }
    connect(action, &QAction::triggered, this, [this, &info] { trigger(info.id); });
    actions_.push_back(action);
  }
  QMenu *file = menus["&File"];
  recent_ = new QMenu(QStringLiteral("R&ecent"), this);
  file->insertMenu(file->actions().value(2), recent_);
  connect(recent_, &QMenu::aboutToShow, this, [this] { fillRecent(); });
  QMenu *pages = menuBar()->addMenu(QStringLiteral("&Pages"));
  int number = 0;
  for (const PageInfo &page : pageList()) {
    if (!page.inWindow) continue;
    ++number;
    auto *action = pages->addAction(QString::fromUtf8(page.title));
    action->setObjectName(QStringLiteral("page-") + QString::fromUtf8(page.id));
    const int digit = number % 10;
    if (number <= 10) action->setShortcut(QKeySequence(QStringLiteral("Alt+%1").arg(digit)));
    if (number > 10)
      action->setShortcut(QKeySequence(QStringLiteral("Alt+Shift+%1").arg(number - 10)));
    action->setStatusTip(QStringLiteral("Show the page %1.").arg(QString::fromUtf8(page.title)));
    connect(action, &QAction::triggered, this, [this, &page] { showPage(page.id); });
    actions_.push_back(action);
  }
}

void MainWindow::makeNavigator() {
  navigator_.showFinding = [this](int finding, int place) {
    auto *timeline = dynamic_cast<TimelinePage *>(makePage("timeline"));
    if (timeline == nullptr) return;
    if (timeline->showFinding(finding, place)) {
      showPage("timeline");
      say(QStringLiteral("finding %1: N and P walk its occurrences").arg(finding));
    } else {
      say(QStringLiteral("the timeline does not show where finding %1 happens").arg(finding));
    }
  };
  navigator_.showSlice = [this](std::uint32_t slice) {
    if (auto *timeline = dynamic_cast<TimelinePage *>(makePage("timeline"))) {
      showPage("timeline");
      timeline->act("clear");
      timeline->showSlice(slice);
    }
  };
  navigator_.showTime = [this](std::int64_t t0, std::int64_t t1) {
    if (auto *timeline = dynamic_cast<TimelinePage *>(makePage("timeline"))) {
      showPage("timeline");
      timeline->showTime(t0, t1);
    }
  };
  navigator_.showHistogram = [this](const std::string &name) {
    for (const char *id : {"kernels", "operators"}) {
      if (Page *table = makePage(id); table != nullptr && table->act("select:" + name)) {
        showPage(id);
        return;
      }
    }
  };
  navigator_.showSource = [this](const std::string &file, std::uint32_t line) {
    if (Page *source = makePage("source")) {
      source->act("select:" + file + ":" + std::to_string(line));
      showPage("source");
    }
  };
  navigator_.say = [this](const QString &sentence) { say(sentence); };
}

void MainWindow::say(const QString &sentence) { statusBar()->showMessage(sentence, 8000); }

RunDocumentPtr MainWindow::document() const {
  return current_ < runs_.size() ? runs_[current_].document : nullptr;
}

MainWindow::OpenRun *MainWindow::findRun(std::uint64_t generation) {
  for (OpenRun &run : runs_) {
    if (run.generation == generation) return &run;
  }
  return nullptr;
}

void MainWindow::startReading(std::size_t index) {
  OpenRun &run = runs_[index];
  run.stop.request_stop();
  run.stop = std::stop_source();
  run.generation = ++generations_;
  RunDocumentPtr before = std::move(run.document);
  run.failure.clear();
  if (index == current_) {
    closePages();
    showSentence("Reading " + run.path, "Large runs take some seconds.");
  }
  letGo(std::move(before));
  inBackground(jobs_, [this, path = run.path, generation = run.generation,
                       stop = run.stop.get_token()] {
    const auto post = [this, generation, stop](RunDocumentPtr document) {
      if (stop.stop_requested()) return;
      QMetaObject::invokeMethod(this,
                                [this, generation, document] { arrived(generation, document); });
    };
    LoadOptions options;
    options.stop = stop;
    options.preview = [&](TracePtr trace) {
      auto preview = std::make_shared<RunDocument>();
      preview->path = path;
      preview->trace = std::move(trace);
      post(std::move(preview));
    };
    auto document = openTimeline(path, options);
    if (document) {
      post(*document);
      if (!stop.stop_requested())
        keepTimeline(**document); // for the next time, now that it is shown
      if (!stop.stop_requested()) document = withAnalysis(*document, stop);
      if (document) return post(*document);
    }
    if (stop.stop_requested()) return;
    QMetaObject::invokeMethod(this, [this, generation, sentence = document.error().message] {
      failed(generation, sentence);
    });
  });
}

// Giving back the memory of a large run takes longer than the window may stand still.
void MainWindow::letGo(RunDocumentPtr document) {
  if (document == nullptr) return;
  inBackground([last = std::move(document)]() mutable { last.reset(); });
}

void MainWindow::arrived(std::uint64_t generation, RunDocumentPtr document) {
  OpenRun *run = findRun(generation);
  if (run == nullptr) return; // closed or read again meanwhile
  const bool fresh = run->document == nullptr;
  run->document = std::move(document);
  if (run == &runs_[current_]) showDocument(fresh);
  if (run->document->analysed && runs_.size() > 1 && this->document() != nullptr) {
    complete_.erase("compare"); // one more to compare with
    showDocument(false);
  }
}

void MainWindow::failed(std::uint64_t generation, const std::string &sentence) {
  OpenRun *run = findRun(generation);
  if (run == nullptr) return;
  run->failure = sentence;
  if (run != &runs_[current_]) return;
  if (run->document != nullptr) {
    say(shown("the analysis failed: " + sentence)); // the events are there
    return;
  }
  closePages();
  showSentence("This run cannot be shown.", sentence);
  setWindowTitle(shown(run->path));
}

void MainWindow::showRun(std::size_t index) {
  saveSession();
  current_ = index;
  closePages();
  const OpenRun &run = runs_[index];
  if (run.document != nullptr)
    showDocument(true);
  else if (!run.failure.empty())
    showSentence("This run cannot be shown.", run.failure);
  else
    showSentence("Reading " + run.path, "Large runs take some seconds.");
}

void MainWindow::closePages() {
  for (auto &[id, dock] : docks_) {
    removeDockWidget(dock);
    delete dock;
  }
  docks_.clear();
  complete_.clear();
}

PageContext MainWindow::makeContext() {
  PageContext context;
  context.document = document();
  context.all.push_back(context.document);
  for (const OpenRun &run : runs_) {
    if (run.document != nullptr && run.document->analysed && run.document != context.document)
      context.all.push_back(run.document);
  }
  context.navigator = &navigator_;
  context.select = select_;
  context.range = openRange_;
  return context;
}

// The range of the command line, as soon as what it speaks of is known.
void MainWindow::resolveRange() {
  const RunDocument &now = *document();
  const bool needsMore = range_.starts_with("finding") || range_.starts_with("step");
  if (range_.empty() || !now.trace->complete || (needsMore && !now.analysed)) return;
  const auto range = parseTimeRange(range_, now);
  range_.clear();
  if (!range) {
    say(shown(range.error().message));
    return;
  }
  openRange_ = *range;
  if (auto *timeline = dynamic_cast<TimelinePage *>(page("timeline")))
    timeline->showTime(range->t0, range->t1);
}

QDockWidget *MainWindow::dockOf(const PageInfo &info, QDockWidget *previous) {
  QDockWidget *&dock = docks_[info.id];
  if (dock != nullptr) return dock;
  dock = new QDockWidget(QString::fromUtf8(info.title), this);
  dock->setObjectName(QString::fromUtf8(info.id));
  dock->setFeatures(QDockWidget::DockWidgetMovable | QDockWidget::DockWidgetFloatable);
  addDockWidget(Qt::TopDockWidgetArea, dock);
  if (previous != nullptr) tabifyDockWidget(previous, dock);
  connect(dock, &QDockWidget::visibilityChanged, this, [this, dock](bool visible) {
    if (!visible) return;
    const std::string id = dock->objectName().toStdString();
    currentPage_ = id;
    // Docks flash by while they are laid out: only those that stay are worth a page.
    QTimer::singleShot(0, dock, [this, dock, id] {
      if (!dock->visibleRegion().isEmpty()) makePage(id);
    });
  });
  return dock;
}

// Pages are made when they are looked at: making all of them at once would hold up the window.
Page *MainWindow::makePage(std::string_view id) {
  const auto found = docks_.find(id);
  const PageInfo *info = findPage(id);
  const RunDocumentPtr now = document();
  if (found == docks_.end() || info == nullptr || now == nullptr) return nullptr;
  if (Page *made = page(id)) return made;
  if (info->needs == PageNeeds::kAnalysis && !now->analysed) return nullptr;
  QWidget *old = found->second->widget();
  found->second->setWidget(info->make(makeContext()));
  delete old;
  complete_[std::string(id)] = now->analysed;
  Page *made = page(id);
  auto &states = runs_[current_].states;
  if (const auto kept = states.find(std::string(id)); kept != states.end()) {
    made->restore(kept->second);
    states.erase(kept);
  }
  return made;
}

void MainWindow::showDocument(bool fresh) {
  const RunDocumentPtr now = document();
  const std::string wanted = !currentPage_.empty() ? currentPage_
                             : !firstPage_.empty() ? firstPage_
                                                   : std::string(pageList().front().id);
  delete takeCentralWidget();
  resolveRange();
  QDockWidget *previous = nullptr;
  for (const PageInfo &info : pageList()) {
    if (!info.inWindow) continue;
    QDockWidget *dock = dockOf(info, previous);
    previous = dock;
    Page *made = page(info.id);
    if (made != nullptr && complete_[info.id]) continue;
    if (made != nullptr && made->update(now)) {
      complete_[info.id] = now->analysed;
      continue;
    }
    auto *wait = new QLabel(now->analysed ? QString() : QStringLiteral("analysing the run ..."));
    wait->setObjectName(QStringLiteral("waiting"));
    wait->setAlignment(Qt::AlignCenter);
    wait->setFont(theme::font(theme::TextSize::kLarge));
    QWidget *old = dock->widget();
    dock->setWidget(wait);
    delete old;
    if (!dock->visibleRegion().isEmpty()) makePage(info.id);
  }
  if (fresh) {
    showPage(wanted);
    rememberRecent(now->path);
  } else {
    makePage(wanted);
  }
  if (now->trace->complete && !runs_[current_].restored) {
    runs_[current_].restored = true;
    restoreSession();
  }
  setWindowTitle(shown(documentTitle(*now)));
  statusBar()->showMessage(now->trace->complete
                               ? QStringLiteral("%1 events").arg(now->trace->size())
                               : QStringLiteral("reading the rest ..."));
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

Page *MainWindow::page(std::string_view id) const {
  const auto found = docks_.find(id);
  return found == docks_.end() ? nullptr : dynamic_cast<Page *>(found->second->widget());
}

void MainWindow::showPage(std::string_view id) {
  const auto found = docks_.find(id);
  if (found == docks_.end()) return;
  currentPage_ = id;
  found->second->show();
  found->second->raise();
  makePage(id);
  if (QWidget *widget = found->second->widget()) widget->setFocus();
}

} // namespace hotloop::gui
