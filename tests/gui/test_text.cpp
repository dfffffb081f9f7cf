#include <QImage>
#include <QPainter>
#include <gtest/gtest.h>

#include "gui/pages/timeline/timeline_view.h"
#include "gui/view/raster.h"
#include "gui/view/text_masks.h"
#include "tests/gui/made_document.h"

// Texts are drawn from masks; Qt is what they are measured by.
namespace hotloop::gui {
namespace {

constexpr int kWidth = 400;
constexpr int kHeight = 24;

// One text on white.
QImage drawn(const QString &text, float w, Align align = Align::kLeft, double scale = 1) {
  DrawList list;
  list.clear(scale);
  list.main.texts.push_back(textIn(10, 2, w, 18, text, 0xff000000u, align));
  QImage image(static_cast<int>(kWidth * scale), static_cast<int>(kHeight * scale),
               QImage::Format_RGB32);
  image.fill(Qt::white);
  rasterise(list, image);
  return image;
}

// Columns that have ink, [first, end); empty when first >= end.
std::pair<int, int> ink(const QImage &image) {
  int first = image.width();
  int end = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      if (qGray(image.pixel(x, y)) > 200) continue;
      first = std::min(first, x);
      end = std::max(end, x + 1);
    }
  }
  return {first, end};
}

double darkness(const QImage &image) {
  double sum = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) sum += 255 - qGray(image.pixel(x, y));
  }
  return sum / 255;
}

TEST(TextMasks, LookLikeTheTextOfQt) {
  const QString text = QStringLiteral("aten::linear gemm<float, 4>");
  QImage byQt(kWidth, kHeight, QImage::Format_RGB32);
  byQt.fill(Qt::white);
  QPainter painter(&byQt);
  DrawList list;
  list.main.texts.push_back(textIn(10, 2, 300, 18, text, 0xff000000u));
  paintVector(list, painter);
  painter.end();
  const QImage masked = drawn(text, 300);
  EXPECT_NEAR(ink(masked).first, ink(byQt).first, 1);
  EXPECT_NEAR(ink(masked).second, ink(byQt).second, 1);
  EXPECT_NEAR(darkness(masked), darkness(byQt), 0.1 * darkness(byQt));
}

TEST(TextMasks, CutTextsStayInTheirPlaceAndFillIt) {
  const QString text = QStringLiteral("vectorized_elementwise_kernel<CUDAFunctor_add>");
  for (const double scale : {1.0, 2.0}) {
    for (int w = 20; w < 280; w += 7) {
      const auto [first, end] = ink(drawn(text, static_cast<float>(w), Align::kLeft, scale));
      ASSERT_LT(first, end) << w;
      EXPECT_GE(first, static_cast<int>(9 * scale)) << w;
      EXPECT_LE(end, static_cast<int>((11 + w) * scale)) << w;
      if (w > 40) {
        EXPECT_GT(end, static_cast<int>((w - 12) * scale)) << w;
      }
    }
  }
}

TEST(TextMasks, AreAlignedInTheirPlace) {
  const QString text = QStringLiteral("128 MB");
  EXPECT_NEAR(ink(drawn(text, 200, Align::kRight)).second, 210, 2);
  const auto [first, end] = ink(drawn(text, 200, Align::kCenter));
  EXPECT_NEAR((first + end) / 2, 110, 2);
}

TEST(TextMasks, OddTextsAreDrawnToo) {
  for (const QString &text :
       {QStringLiteral("\u05d0\u05d1\u05d2 mixed abc"), QString(5000, QLatin1Char('x')),
        QStringLiteral("e\u0301\u0301"), QString(QChar(0xfffd)), QStringLiteral("\u4e2d\u6587")}) {
    const auto [first, end] = ink(drawn(text, 120));
    EXPECT_LT(first, end) << text.left(20).toStdString();
    EXPECT_LE(end, 135) << text.left(20).toStdString();
  }
  EXPECT_EQ(darkness(drawn(QString(), 120)), 0);
}

TEST(Raster, PatternsDependOnThePlaceOnly) {
  for (const Pattern pattern :
       {Pattern::kDiagonal, Pattern::kDots, Pattern::kVertical, Pattern::kHorizontal}) {
    const auto paint = [&](float x, float w) {
      DrawList list;
      list.main.rects.push_back({x, 0, w, kHeight, 0xff8080ffu, pattern});
      QImage image(kWidth, kHeight, QImage::Format_RGB32);
      image.fill(Qt::white);
      rasterise(list, image);
      return image;
    };
    const QImage whole = paint(0, kWidth);
    const QImage part = paint(37, 200);
    int dark = 0;
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 37; x < 237; ++x) {
        ASSERT_EQ(whole.pixel(x, y), part.pixel(x, y));
        dark += whole.pixel(x, y) != 0xff8080ffu ? 1 : 0;
      }
    }
    EXPECT_GT(dark, 0);
    EXPECT_LT(dark, 200 * kHeight / 2);
  }
}

// Drawing right into the window gives what the kept picture shows.
TEST(Canvas, PaintsWhatItsPictureShows) {
  TimelineView view(test::madeDocument()->trace);
  view.resize(700, 400);
  const QImage direct = view.grab().toImage().convertToFormat(QImage::Format_RGB32);
  QImage kept = view.picture();
  kept.setDevicePixelRatio(1);
  EXPECT_TRUE(direct == kept);
  QImage again(700, 400, QImage::Format_RGB32);
  view.render(&again);
  EXPECT_TRUE(again == kept);
  // A part of it alone, in a place of its own.
  QImage part(100, 50, QImage::Format_RGB32);
  view.markDirty();
  view.render(&part, QPoint(), QRegion(250, 60, 100, 50));
  EXPECT_TRUE(part == kept.copy(250, 60, 100, 50));
}

} // namespace
} // namespace hotloop::gui
