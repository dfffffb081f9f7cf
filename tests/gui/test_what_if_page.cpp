#include <QCheckBox>
#include <QCoreApplication>
#include <QTest>
#include <QThreadPool>
#include <functional>
#include <gtest/gtest.h>
#include <memory>

#include "gui/data/run_document.h"
#include "gui/data/trace/trace_cache.h"
#include "gui/data/what_if_session.h"
#include "gui/pages/whatif/what_if_page.h"
#include "gui/widgets/waterfall_view.h"
#include "tests/gui/made_document.h"

namespace hotloop::gui {
namespace {

// The page of a run with a device, in a window or as a picture.
struct WhatIf {
  explicit WhatIf(bool inWindow) {
    setCachePolicy({false, {}, 0});
    const auto document = openTimeline(test::madeRunFile(true));
    if (!document) return;
    context.document = *document;
    context.all = {*document};
    if (inWindow) context.navigator = &navigator;
    widget.reset(makeWhatIfPage(context));
    widget->resize(1000, 700);
    widget->show();
  }
  // The texts of the waterfall; empty before there is one.
  QString parts() const {
    for (const QWidget *child : widget->findChildren<QWidget *>())
      if (const auto *view = dynamic_cast<const WaterfallView *>(child)) return view->text();
    return {};
  }
  bool waitFor(const std::function<bool()> &ready) { return QTest::qWaitFor(ready, 120'000); }

  Navigator navigator;
  PageContext context;
  std::unique_ptr<QWidget> widget;
};

void settle() {
  QThreadPool::globalInstance()->waitForDone();
  QCoreApplication::processEvents();
}

TEST(WhatIfPage, APictureHasThePrediction) {
  const WhatIf page(false);
  ASSERT_NE(page.widget, nullptr);
  EXPECT_TRUE(page.parts().contains("predicted")) << page.parts().toStdString();
}

TEST(WhatIfPage, SwitchesReplayOnAnotherThread) {
  WhatIf page(true);
  ASSERT_NE(page.widget, nullptr);
  EXPECT_TRUE(page.parts().isEmpty()); // nothing arrives but by the event loop
  ASSERT_TRUE(page.waitFor([&] { return page.parts().contains("predicted"); }));
  const QString before = page.parts();
  std::vector<QCheckBox *> on;
  for (QCheckBox *box : page.widget->findChildren<QCheckBox *>())
    if (box->isEnabled() && box->isChecked()) on.push_back(box);
  ASSERT_FALSE(on.empty());
  for (QCheckBox *box : on) {
    const QString shown = page.parts();
    box->setChecked(false);
    EXPECT_EQ(page.parts(), shown); // the window went on meanwhile
  }
  ASSERT_TRUE(page.waitFor([&] { return page.parts() != before; }));
  settle();
  for (QCheckBox *box : on) EXPECT_FALSE(page.parts().contains(box->text()));
  for (QCheckBox *box : on) box->setChecked(true);
  EXPECT_TRUE(page.waitFor([&] { return page.parts() == before; })) << page.parts().toStdString();
}

TEST(WhatIfPage, MayBeClosedWhileItReplays) {
  for (int i = 0; i < 6; ++i) {
    WhatIf page(true);
    ASSERT_NE(page.widget, nullptr);
    if (i > 2) {
      ASSERT_TRUE(page.waitFor([&] { return page.parts().contains("predicted"); }));
      for (QCheckBox *box : page.widget->findChildren<QCheckBox *>()) box->toggle();
    }
  }
  settle();
}

} // namespace
} // namespace hotloop::gui
