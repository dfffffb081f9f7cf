#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QThread>
#include <QWheelEvent>
#include <atomic>
#include <thread>

#include "gui/app/main_window.h"
#include "gui/data/comparison.h"
#include "gui/data/trace/trace_cache.h"
#include "gui/pages/page_list.h"
#include "gui/pages/timeline/timeline_page.h"
#include "gui/pages/timeline/timeline_view.h"
#include "tests/bench/gui/measure.h"
#include "tests/bench/gui/sections.h"

namespace hotloop::gui_bench {
namespace {

using namespace hotloop::gui;

// How long the window's thread answers nobody: events() is the longest wait of one that another
// thread sends every two milliseconds.
class Watchdog {
public:
  Watchdog() {
    thread_ = std::thread([this] {
      while (!stop_) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        if (waiting_.exchange(true)) continue;
        const auto sent = Clock::now();
        QMetaObject::invokeMethod(&target_, [this, sent] {
          longest_ = std::max(longest_, since(sent));
          waiting_ = false;
        });
      }
    });
  }
  ~Watchdog() {
    stop_ = true;
    thread_.join();
  }
  double longest() const { return longest_; }

private:
  QObject target_;
  std::thread thread_;
  std::atomic<bool> stop_{false}, waiting_{false};
  double longest_ = 0; // of the window's thread
};

// What the window's thread computed at a stretch, at most: a stall that no quiet machine takes
// away.
double longestTurn = 0;
template <class Work> void turn(Work &&work) {
  const double before = computed(CLOCK_THREAD_CPUTIME_ID);
  work();
  longestTurn = std::max(longestTurn, computed(CLOCK_THREAD_CPUTIME_ID) - before);
}

template <class Done> void spin(double milliseconds, Done &&done) {
  const auto start = Clock::now();
  while (since(start) < milliseconds && !done()) {
    turn([] { QApplication::processEvents(); });
    QThread::msleep(1);
  }
}
void spin(double milliseconds) {
  spin(milliseconds, [] { return false; });
}

// Prints the longest stall while `work` runs and what it set off settles.
template <class Work> void stall(const std::string &what, Work &&work) {
  const Watchdog watchdog;
  spin(20);
  longestTurn = 0;
  work();
  spin(400);
  row("  " + what, fmt::format("{:.1f} ms, {:.1f} computing", watchdog.longest(), longestTurn));
}

// Until every event is there.
void readInto(MainWindow &window, const std::string &run) {
  window.openPath(run);
  spin(600e3, [&] { return window.document() != nullptr && window.document()->trace->complete; });
}

} // namespace

void readingSection(const std::string &run) {
  setCachePolicy({false, {}});
  std::vector<double> wall;
  std::vector<double> work;
  for (int i = 0; i < 8; ++i) {
    MainWindow window("timeline", {}, {});
    window.resize(1920, 1080);
    window.show();
    spin(20);
    longestTurn = 0;
    const Watchdog watchdog;
    readInto(window, run);
    wall.push_back(watchdog.longest());
    work.push_back(longestTurn);
  }
  row("longest stall while a run is read", spread(wall));
  row("  of it computing", spread(work));
}

void windowSection(const std::string &run) {
  setCachePolicy({false, {}});
  row("longest stall of the window's thread", "");
  MainWindow window("timeline", {}, {});
  window.resize(1920, 1080);
  window.show();
  const auto start = Clock::now();
  double first = 0;
  double whole = 0;
  double analysed = 0;
  stall("while the run is read", [&] {
    window.openPath(run);
    spin(600e3, [&] {
      const RunDocumentPtr now = window.document();
      if (now == nullptr) return false;
      if (first == 0) first = since(start);
      return now->trace->complete;
    });
    whole = since(start);
  });
  stall("while it is analysed", [&] {
    spin(600e3, [&] { return window.document() == nullptr || window.document()->analysed; });
    analysed = since(start);
  });
  for (const PageInfo &page : pageList()) {
    if (page.inWindow)
      stall("showing " + std::string(page.id), [&] { turn([&] { window.showPage(page.id); }); });
  }
  window.showPage("timeline");
  spin(200);
  auto *timeline = dynamic_cast<TimelinePage *>(window.page("timeline"));
  auto *search = timeline->findChild<QLineEdit *>(QStringLiteral("search"));
  stall("zooming and panning by keys", [&] {
    for (int i = 0; i < 60; ++i) {
      turn([&] { window.trigger(i < 30 ? "zoom-in" : i < 45 ? "pan-right" : "zoom-out"); });
      spin(8);
    }
  });
  stall("typing a search", [&] {
    for (const char c : std::string("aten::item")) {
      turn([&] { search->setText(search->text() + QLatin1Char(c)); });
      spin(8);
    }
  });
  stall("next hits", [&] {
    for (int i = 0; i < 20; ++i) {
      turn([&] { window.trigger("next-hit"); });
      spin(8);
    }
  });
  stall("walking a finding", [&] {
    for (int i = 0; i < 20; ++i) {
      turn([&] { window.trigger("next-occurrence"); });
      spin(8);
    }
  });
  stall("whole run and its statistics", [&] {
    for (const char *action : {"clear", "fit", "measure"}) {
      turn([&] { window.trigger(action); });
      spin(100);
    }
  });
  stall("steps overlaid", [&] { turn([&] { window.trigger("fold-steps"); }); });
  window.trigger("fold-steps");
  stall("the theme", [&] { turn([&] { window.trigger("theme"); }); });
  window.trigger("theme");
  row("first picture / all events / analysed",
      fmt::format("{:.0f} / {:.0f} / {:.0f} ms", first, whole, analysed));
}

void compareSection(const std::string &folder, std::uint64_t events) {
  setCachePolicy({false, {}});
  std::vector<RunDocumentPtr> runs;
  const auto start = Clock::now();
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto path = madeRun(folder, events, 1, seed * 10 - 9);
    if (!path) return row("compare", path.error().message);
    auto run = openRun(*path);
    if (!run) return row("compare", run.error().message);
    runs.push_back(std::move(*run));
  }
  row("four runs read and analysed", fmt::format("{:.0f} ms", since(start)));
  row("  delta table, waterfall", rounds(5, [&] { compareRuns(runs); }));
  row("  call trees side by side",
      rounds(5, [&] { callTreeChanges(*runs.front(), *runs.back()); }));
  PageContext context;
  context.document = runs.front();
  context.all = runs;
  const PageInfo *page = findPage("compare");
  std::unique_ptr<QWidget> widget;
  row("  the page, made and drawn", rounds(5, [&] {
        widget.reset(page->make(context));
        widget->resize(1920, 1080);
        widget->grab();
      }));
  std::vector<std::unique_ptr<TimelineView>> views;
  for (const RunDocumentPtr &run : runs) {
    views.push_back(std::make_unique<TimelineView>(run->trace));
    views.back()->resize(1920, 270);
  }
  std::vector<double> frames;
  for (int i = 0; i < 200; ++i) {
    const double before = computed(CLOCK_THREAD_CPUTIME_ID);
    const std::int64_t length = runs.front()->trace->length;
    const std::int64_t span = std::max<std::int64_t>(1000, length >> (i < 100 ? i : 200 - i) / 6);
    for (const auto &view : views) {
      view->show(length / 3, length / 3 + span);
      view->grab();
    }
    frames.push_back(computed(CLOCK_THREAD_CPUTIME_ID) - before);
  }
  row("  four timelines zoomed together", quantiles(frames));
}

} // namespace hotloop::gui_bench
