#include <QApplication>
#include <QLabel>
#include <QTest>
#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "core/store/run_writer.h"
#include "gui/app/main_window.h"
#include "gui/pages/timeline/timeline_page.h"
#include "gui/pages/timeline/timeline_view.h"
#include "gui/view/theme.h"
#include "tests/gui/made_document.h"
#include "tests/support/many_threads.h"

namespace hotloop::gui {
namespace {

constexpr std::uint32_t kThreads = 100'000;

std::string manyThreads() {
  const std::string path = test::scratchPath("threads.hotloop");
  static bool made = false;
  if (made) return path;
  made = true;
  RunWriterOptions options;
  options.survivesWriter = false;
  auto writer = RunWriter::create(path, options);
  EXPECT_TRUE(writer.has_value());
  EXPECT_TRUE(test_support::makeManyThreads(**writer, kThreads).has_value());
  EXPECT_TRUE((*writer)->finalise(RunState::kClean).has_value());
  return path;
}

// Pixels of the lanes' part that are not the ground of a lane.
int drawnPixels(TimelineView &view) {
  const QImage image = view.grab().toImage();
  const QRgb grounds[] = {theme::laneColor().rgb(), theme::palette().color(QPalette::Base).rgb(),
                          theme::palette().color(QPalette::Button).rgb(), theme::gridLine().rgb()};
  int drawn = 0;
  for (int y = kHeadHeight; y < image.height(); ++y)
    for (int x = kLabelWidth; x < image.width(); ++x)
      drawn +=
          std::find(std::begin(grounds), std::end(grounds), image.pixel(x, y)) == std::end(grounds)
              ? 1
              : 0;
  return drawn;
}

TEST(ManyThreads, AreLaidOutAndNeverABlankFrame) {
  const auto document = openTimeline(manyThreads());
  ASSERT_TRUE(document.has_value()) << document.error().message;
  const Trace &trace = *(*document)->trace;
  ASSERT_EQ(trace.size(), test_support::kEventsPerThread * kThreads);
  ASSERT_EQ(trace.tracks.size(), kThreads);
  PageContext context;
  context.document = *document;
  TimelinePage page(context);
  page.resize(1280, 800);
  page.show();
  QCoreApplication::processEvents();
  TimelineView &view = page.view();
  const int aLane = (view.width() - kLabelWidth) * (kLaneHeight - 2);
  EXPECT_GT(drawnPixels(view), 5 * aLane); // each thread is busy all the time
  // The end of the list, and places between.
  for (const double part : {1.0, 0.37, 0.9999, 0.00001}) {
    view.setScroll(static_cast<int>(part * view.scrollRange()));
    EXPECT_GT(drawnPixels(view), 5 * aLane) << part;
  }
  // A thread in the middle, by name; then all folded, then what a jump needs is unfolded.
  view.setFilter("thread 87654");
  view.setScroll(0);
  EXPECT_EQ(view.areaLanes().size(), 2u); // of depth 0 and 1
  EXPECT_GT(drawnPixels(view), aLane / 2);
  view.setFilter({});
  std::set<std::string> all;
  for (const Track &track : trace.tracks) all.insert(track.group);
  EXPECT_EQ(all.size(), kThreads);
  view.setFolded(all, {});
  EXPECT_TRUE(view.areaLanes().empty());
  const Lane &last = trace.lanes.back();
  view.select(last.first, true);
  EXPECT_EQ(view.state().selected, last.first);
  EXPECT_GE(view.areaLanes().size(), 1u);
  EXPECT_GT(drawnPixels(view), 0);
  EXPECT_TRUE(page.act("clear"));
  EXPECT_TRUE(page.act("fit"));
  EXPECT_TRUE(page.act("fold-steps"));
  EXPECT_FALSE(page.text().isEmpty());
}

TEST(ManyThreads, AreOpenedInTheWindow) {
  MainWindow window("timeline");
  window.resize(1200, 800);
  window.show();
  window.openPath(manyThreads());
  ASSERT_TRUE(QTest::qWaitFor(
      [&] { return window.document() != nullptr && window.document()->analysed; }, 300'000));
  auto *timeline = dynamic_cast<TimelinePage *>(window.page("timeline"));
  ASSERT_NE(timeline, nullptr);
  EXPECT_GT(drawnPixels(timeline->view()), 1000);
  for (const PageInfo &page : pageList()) {
    if (!page.inWindow) continue;
    window.showPage(page.id);
    QCoreApplication::processEvents();
    EXPECT_NE(window.page(page.id), nullptr) << page.id;
  }
}

} // namespace
} // namespace hotloop::gui
