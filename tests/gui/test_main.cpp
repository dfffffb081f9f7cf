#include <QApplication>
#include <gtest/gtest.h>

#include "gui/app/display.h"
#include "gui/app/render.h"

// Widgets need an application; it lives as long as the tests.
int main(int argc, char **argv) {
  ::testing::InitGoogleTest(&argc, argv);
  hotloop::gui::useOffscreen();
  QApplication application(argc, argv);
  hotloop::gui::applyTheme(application);
  return RUN_ALL_TESTS();
}
