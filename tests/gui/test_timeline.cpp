#include <QAbstractItemModelTester>
#include <QAbstractItemView>
#include <QAccessible>
#include <QApplication>
#include <QTest>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <set>

#include "gui/data/trace/area_stats.h"
#include "gui/pages/calltree/call_tree_model.h"
#include "gui/pages/page_list.h"
#include "gui/pages/timeline/timeline_page.h"
#include "gui/pages/timeline/timeline_view.h"
#include "gui/view/raster.h"
#include "gui/view/slice_style.h"
#include "gui/view/theme.h"
#include "gui/widgets/table_model.h"
#include "tests/gui/made_document.h"

namespace hotloop::gui {
namespace {

class Timeline : public ::testing::Test {
protected:
  Timeline() : document_(test::madeDocument()), view_(document_->trace) {
    view_.resize(1000, 500);
    view_.QWidget::show();
    QCoreApplication::processEvents();
  }
  double span() const {
    return static_cast<double>(view_.state().axis.t1() - view_.state().axis.t0());
  }
  void wheel(int notches, Qt::KeyboardModifiers keys, double x = 600) {
    QWheelEvent event(QPointF(x, 200), view_.mapToGlobal(QPointF(x, 200)), QPoint(),
                      QPoint(0, 120 * notches), Qt::NoButton, keys, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&view_, &event);
  }
  // A point inside a slice.
  QPoint pointOf(std::uint32_t slice) {
    TimelineScene scene(document_->trace);
    const DrawRect rect = scene.rectOf(view_.state(), slice);
    return {static_cast<int>(rect.x + rect.w / 2), static_cast<int>(rect.y + rect.h / 2)};
  }
  std::uint32_t sliceNamed(const std::string &name) const {
    const Trace &trace = *document_->trace;
    for (std::uint32_t i = 0; i < trace.size(); ++i) {
      if (trace.nameOf(i).text == name) return i;
    }
    return kNoSlice;
  }

  RunDocumentPtr document_;
  TimelineView view_;
};

TEST_F(Timeline, ShowsTheWholeRunAtFirst) {
  EXPECT_LE(view_.state().axis.t0(), 0);
  EXPECT_GE(view_.state().axis.t1(), document_->trace->length);
}

TEST_F(Timeline, KeysZoomAndPan) {
  const double whole = span();
  EXPECT_TRUE(view_.act("zoom-in"));
  EXPECT_LT(span(), whole);
  const std::int64_t t0 = view_.state().axis.t0();
  view_.act("pan-right");
  EXPECT_GT(view_.state().axis.t0(), t0);
  view_.act("pan-left");
  EXPECT_EQ(view_.state().axis.t0(), t0);
  view_.act("fit");
  EXPECT_GE(span(), static_cast<double>(document_->trace->length));
}

TEST_F(Timeline, TheWheelZoomsWhereThePointerIs) {
  const std::int64_t under = view_.state().axis.time(600 - kLabelWidth);
  const double whole = span();
  wheel(2, Qt::NoModifier);
  EXPECT_LT(span(), whole);
  EXPECT_NEAR(static_cast<double>(view_.state().axis.time(600 - kLabelWidth) - under), 0,
              view_.state().axis.nsPerPixel() * 1.5);
  const double before = span();
  wheel(1, Qt::ControlModifier);
  EXPECT_LT(span(), before);
  EXPECT_GT(span(), before / 1.2); // fine
  const std::int64_t t0 = view_.state().axis.t0();
  wheel(-1, Qt::ShiftModifier);
  EXPECT_GT(view_.state().axis.t0(), t0);
}

TEST_F(Timeline, AClickSelectsAndADragMeasures) {
  const std::uint32_t slice = sliceNamed("aten::item");
  ASSERT_NE(slice, kNoSlice);
  view_.select(slice, true);
  view_.act("clear");
  QTest::mouseClick(&view_, Qt::LeftButton, {}, pointOf(slice));
  EXPECT_EQ(view_.state().selected, slice);
  const int y = pointOf(slice).y();
  QTest::mousePress(&view_, Qt::LeftButton, {}, QPoint(400, y));
  QTest::mouseMove(&view_, QPoint(600, y));
  QTest::mouseMove(&view_, QPoint(700, y));
  QTest::mouseRelease(&view_, Qt::LeftButton, {}, QPoint(700, y));
  ASSERT_TRUE(view_.state().area.has_value());
  EXPECT_LT(view_.state().area->t0, view_.state().area->t1);
  view_.act("frame");
  EXPECT_LT(view_.state().axis.t0(), view_.state().area->t0);
  EXPECT_GT(view_.state().axis.t1(), view_.state().area->t1);
  view_.act("frame"); // again: everything
  EXPECT_GE(span(), static_cast<double>(document_->trace->length));
}

TEST_F(Timeline, EdgesOfSlicesAttract) {
  const std::uint32_t slice = sliceNamed("aten::item");
  view_.select(slice, true);
  const TimeAxis &axis = view_.state().axis;
  const Trace &trace = *document_->trace;
  const int y = pointOf(slice).y();
  const int x0 = kLabelWidth + static_cast<int>(axis.x(trace.start[slice])) + 3;
  const int x1 = kLabelWidth + static_cast<int>(axis.x(trace.end(slice))) - 3;
  QTest::mousePress(&view_, Qt::LeftButton, {}, QPoint(x0, y));
  QTest::mouseMove(&view_, QPoint(x1 - 20, y));
  QTest::mouseMove(&view_, QPoint(x1, y));
  QTest::mouseRelease(&view_, Qt::LeftButton, {}, QPoint(x1, y));
  ASSERT_TRUE(view_.state().area.has_value());
  EXPECT_EQ(view_.state().area->t0, trace.start[slice]);
  EXPECT_EQ(view_.state().area->t1, trace.end(slice));
}

TEST_F(Timeline, ArrowsLeadFromLaunchToKernelAndBack) {
  const std::uint32_t launch = sliceNamed("cudaLaunchKernel");
  view_.select(launch, true);
  bool arrow = false;
  for (const DrawLine &line : view_.drawList().main.lines) arrow = arrow || line.arrow;
  EXPECT_TRUE(arrow);
  view_.act("flow-forth");
  const std::uint32_t kernel = view_.state().selected;
  EXPECT_EQ(document_->trace->nameOf(kernel).category, Category::kKernel);
  view_.act("flow-back");
  EXPECT_EQ(view_.state().selected, launch);
}

TEST_F(Timeline, UndoGoesBack) {
  const std::int64_t t0 = view_.state().axis.t0();
  view_.show(100'000, 200'000);
  view_.show(300'000, 400'000);
  view_.act("undo");
  EXPECT_EQ(view_.state().axis.t0(), 100'000);
  view_.act("undo");
  EXPECT_EQ(view_.state().axis.t0(), t0);
  view_.act("redo");
  EXPECT_EQ(view_.state().axis.t0(), 100'000);
}

TEST_F(Timeline, WalksTheLaneAndTheName) {
  view_.select(sliceNamed("aten::linear"), false);
  const std::uint32_t first = view_.state().selected;
  view_.act("next-slice");
  EXPECT_EQ(view_.state().selected, first + 1);
  view_.select(first, false);
  view_.act("next-same");
  EXPECT_EQ(document_->trace->nameOf(view_.state().selected).text, "aten::linear");
  EXPECT_GT(view_.state().selected, first);
  view_.act("previous-same");
  EXPECT_EQ(view_.state().selected, first);
}

TEST_F(Timeline, AClickOnAGroupFoldsIt) {
  const int height = view_.layout().height();
  QTest::mouseClick(&view_, Qt::LeftButton, {}, QPoint(60, kHeadHeight + 8));
  EXPECT_LT(view_.layout().height(), height);
  // What is jumped to is visible all the same.
  view_.select(sliceNamed("aten::item"), true);
  EXPECT_EQ(view_.layout().height(), height);
}

TEST_F(Timeline, DrawsTheSameSlicesAsTheDataHolds) {
  view_.show(0, 400'000);
  const std::string dump = view_.drawList().dump();
  EXPECT_NE(dump.find("'aten::linear'"), std::string::npos);
  EXPECT_NE(dump.find("'stream 7'"), std::string::npos);
  EXPECT_NE(dump.find("'CPU allocated'"), std::string::npos);
  std::size_t linear = 0;
  for (std::size_t at = dump.find("'aten::linear'"); at != std::string::npos;
       at = dump.find("'aten::linear'", at + 1)) {
    ++linear;
  }
  EXPECT_EQ(linear, 4u);
}

TEST_F(Timeline, StepFoldingLaysStepsOverEachOther) {
  view_.show(0, 900'000); // wide ones are rectangles
  const std::size_t slices = view_.drawList().main.rects.size();
  view_.act("fold-steps");
  EXPECT_TRUE(view_.state().foldSteps);
  EXPECT_GT(view_.drawList().strips.size(), 2u);
  EXPECT_LT(view_.drawList().main.rects.size(), slices);
}

// Wide slices are rectangles, narrow ones pixels of a strip: all have their colour where they lie,
// and the ground shows where none is.
TEST_F(Timeline, SlicesOfAnyWidthAreDrawnWhereTheyLie) {
  const Trace &trace = *document_->trace;
  const SliceStyle style(trace);
  int narrow = 0;
  int empty = 0;
  for (const std::int64_t length : {trace.length, trace.length / 3, trace.length / 40}) {
    view_.show(0, length);
    const QImage image = view_.grab().toImage();
    const auto row = [&](int y) { return reinterpret_cast<const QRgb *>(image.constScanLine(y)); };
    TimelineScene scene(document_->trace);
    for (std::uint32_t slice = 0; slice < trace.size(); ++slice) {
      const DrawRect rect = scene.rectOf(view_.state(), slice);
      const int x = static_cast<int>(rect.x + rect.w / 2);
      if (rect.h <= 0 || rect.w < 2 || rect.w >= 20 || rect.y < kHeadHeight || x >= 1000 ||
          rect.y + rect.h > 500)
        continue;
      if (categoryPattern(trace.nameOf(slice).category) != Pattern::kNone) continue;
      for (const float y : {rect.y + 1, rect.y + rect.h - 2})
        EXPECT_EQ(row(static_cast<int>(y))[x], style.fill(trace.name[slice])) << slice << " " << x;
      ++narrow;
      // What lies behind shows through between slices, as it does in lanes without any.
      const Lane &lane = trace.lanes[trace.laneOf(slice)];
      const auto pixel = static_cast<std::int64_t>(view_.state().axis.nsPerPixel()) + 1;
      const std::int64_t after = trace.end(slice) + 2 * pixel;
      if (trace.lowerBound(lane, after + 2 * pixel) != slice + 1) continue;
      const int behind = static_cast<int>(kLabelWidth + view_.state().axis.x(after));
      if (behind >= 1000) continue;
      const auto y = static_cast<int>(rect.y);
      EXPECT_EQ(row(y + 1)[behind], row(y + static_cast<int>(rect.h) - 2)[behind]);
      EXPECT_NE(row(y + 1)[behind], style.fill(trace.name[slice]));
      ++empty;
    }
  }
  EXPECT_GT(narrow, 20);
  EXPECT_GT(empty, 5);
}

TEST_F(Timeline, SpansAndQPainterDrawTheSameRectangles) {
  view_.show(0, 900'000);
  DrawList list = view_.drawList();
  // Text, lines and patterns are drawn by QPainter in both; rectangles and strips are not.
  for (DrawLayer *layer : {&list.back, &list.main, &list.top}) {
    layer->texts.clear();
    layer->lines.clear();
    layer->paths.clear();
    for (DrawRect &rect : layer->rects) {
      rect.pattern = Pattern::kNone;
      rect.x = std::round(rect.x);
      rect.w = std::round(rect.w);
    }
  }
  QImage spans(1000, 500, QImage::Format_RGB32);
  spans.fill(Qt::black);
  rasterise(list, spans);
  QImage painted(1000, 500, QImage::Format_RGB32);
  painted.fill(Qt::black);
  QPainter painter(&painted);
  paintVector(list, painter);
  painter.end();
  int different = 0;
  for (int y = 0; y < 500; ++y) {
    for (int x = 0; x < 1000; ++x) {
      const QColor a(spans.pixel(x, y));
      const QColor b(painted.pixel(x, y));
      if (std::abs(a.red() - b.red()) > 3 || std::abs(a.green() - b.green()) > 3 ||
          std::abs(a.blue() - b.blue()) > 3) {
        ++different;
      }
    }
  }
  EXPECT_EQ(different, 0);
}

TEST_F(Timeline, HoveringNamesTheSliceForScreenReaders) {
  TimelinePage page([this] {
    PageContext context;
    context.document = document_;
    return context;
  }());
  page.resize(1000, 600);
  page.show();
  page.view().select(sliceNamed("aten::item"), true);
  EXPECT_TRUE(page.view().accessibleDescription().contains("aten::item"));
  EXPECT_FALSE(page.view().accessibleName().isEmpty());
  QAccessibleInterface *view = QAccessible::queryAccessibleInterface(&page.view());
  ASSERT_NE(view, nullptr);
  ASSERT_EQ(view->childCount(), static_cast<int>(page.view().layout().rows().size()));
  bool told = false;
  for (int i = 0; i < view->childCount(); ++i) {
    QAccessibleInterface *row = view->child(i);
    ASSERT_NE(row, nullptr);
    EXPECT_FALSE(row->text(QAccessible::Name).isEmpty());
    EXPECT_EQ(view->indexOfChild(row), i);
    told = told || (row->state().selected && row->text(QAccessible::Value).contains("aten::item"));
  }
  EXPECT_TRUE(told);
  EXPECT_TRUE(view->text(QAccessible::Value).contains("aten::item"));
}

TEST(TimelinePage, SearchCountsAndWalksHits) {
  PageContext context;
  context.document = test::madeDocument();
  TimelinePage page(context);
  page.resize(1000, 600);
  page.show();
  page.search("aten::item");
  EXPECT_TRUE(page.act("next-hit"));
  const std::uint32_t first = page.view().state().selected;
  ASSERT_NE(first, kNoSlice);
  page.act("next-hit");
  EXPECT_GT(page.view().trace().start[page.view().state().selected],
            page.view().trace().start[first]);
  page.act("previous-hit");
  EXPECT_EQ(page.view().state().selected, first);
  page.act("clear");
  EXPECT_EQ(page.view().state().search, nullptr);
  EXPECT_TRUE(page.csv().startsWith("\"In view") || page.csv().contains("name,kind,count"));
}

TEST(Models, KeepTheRulesOfItemModels) {
  CallTreeModel tree(test::madeDocument());
  const QAbstractItemModelTester treeTester(&tree,
                                            QAbstractItemModelTester::FailureReportingMode::Fatal);
  EXPECT_EQ(tree.rowCount(), 1);
  EXPECT_EQ(tree.text(3), "Path\tHost\tSelf\tDevice\tCount\tLaunches\tAllocated\n"
                          "main\t2.00 ms\t0 ns\t–\t40\t–\t–\n"
                          "  aten::linear\t2.00 ms\t0 ns\t–\t40\t–\t–\n");
  TableModel table({{"Name", {}, false, 0}, {"Time", {}, true, 80}});
  const QAbstractItemModelTester tester(&table,
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
  table.setRows({{textCell("b"), timeCell(5)}, {textCell("a"), timeCell(70)}, {textCell("c")}});
  table.sort(1, Qt::DescendingOrder);
  EXPECT_EQ(table.source(0), 1);
  table.sort(0, Qt::AscendingOrder);
  EXPECT_EQ(table.index(0, 0).data().toString(), "a");
}

// Every page, made from a document and from a run that was recorded, keeps the rules with whatever
// models it has, also while they are sorted.
TEST(Models, OfEveryPageKeepTheRules) {
  const auto recorded = openRun(test::madeRunFile(true));
  ASSERT_TRUE(recorded.has_value()) << recorded.error().message;
  std::set<std::string> classes;
  for (const RunDocumentPtr &document :
       {RunDocumentPtr(test::madeDocument()), RunDocumentPtr(test::emptyDocument(true)),
        RunDocumentPtr(test::emptyDocument(false)), *recorded}) {
    PageContext context;
    context.document = document;
    context.all = {document, document};
    for (const PageInfo &info : pageList()) {
      const std::unique_ptr<QWidget> page(info.make(context));
      page->resize(1000, 700);
      page->show();
      QCoreApplication::processEvents();
      std::set<QAbstractItemModel *> models;
      for (auto *view : page->findChildren<QAbstractItemView *>())
        if (view->model() != nullptr) models.insert(view->model());
      for (auto *model : page->findChildren<QAbstractItemModel *>()) models.insert(model);
      for (QAbstractItemModel *model : models) {
        // Ends the program with a message when a rule is broken.
        const QAbstractItemModelTester tester(
            model, QAbstractItemModelTester::FailureReportingMode::Fatal);
        for (int column = 0; column < model->columnCount(); ++column) {
          model->sort(column, Qt::DescendingOrder);
          model->sort(column, Qt::AscendingOrder);
        }
        // No cell of a row is without something to show or a reason to be empty.
        for (int row = 0; row < std::min(20, model->rowCount()); ++row)
          EXPECT_FALSE(model->index(row, 0).data().toString().isEmpty())
              << info.id << " row " << row;
        classes.insert(model->metaObject()->className() + std::string(" ") + info.id);
      }
    }
  }
  for (const char *page :
       {"findings", "kernels", "operators", "sites", "calltree", "memory", "compare", "sql"}) {
    EXPECT_TRUE(std::any_of(
        classes.begin(), classes.end(),
        [&](const std::string &name) { return name.ends_with(" " + std::string(page)); }))
        << page << " has no model";
  }
}

TEST(Theme, TextsCanBeReadInBothModes) {
  for (const theme::Mode mode : {theme::Mode::kLight, theme::Mode::kDark}) {
    theme::setMode(mode);
    const QPalette palette = theme::palette();
    const QColor grounds[] = {palette.color(QPalette::Window), palette.color(QPalette::Base),
                              palette.color(QPalette::AlternateBase)};
    for (const QColor &ground : grounds) {
      for (const QColor &text :
           {theme::textColor(), theme::dimText(), theme::accent(), theme::good(), theme::bad(),
            theme::feltColor(Felt::kMeasured), theme::feltColor(Felt::kWould),
            theme::severityColor(Severity::kInfo), theme::severityColor(Severity::kNotice),
            theme::severityColor(Severity::kDataLoss)}) {
        EXPECT_GE(theme::contrast(text, ground), 4.5)
            << text.name().toStdString() << " on " << ground.name().toStdString();
      }
    }
    EXPECT_GE(theme::contrast(palette.color(QPalette::HighlightedText),
                              palette.color(QPalette::Highlight)),
              4.5);
    EXPECT_GE(theme::contrast(palette.color(QPalette::ButtonText), palette.color(QPalette::Button)),
              4.5);
    // Every shade that a slice can have.
    for (int i = 0; i < static_cast<int>(Category::kCount); ++i) {
      const QColor base = theme::categoryColor(static_cast<Category>(i));
      for (int shade = -18; shade <= 18; ++shade) {
        const QColor color = shade >= 0 ? base.lighter(100 + shade) : base.darker(100 - shade);
        EXPECT_GE(theme::contrast(theme::textOn(color), color), 4.5)
            << categoryName(static_cast<Category>(i)) << ' ' << shade;
      }
    }
  }
  theme::setMode(theme::Mode::kLight);
}

} // namespace
} // namespace hotloop::gui
