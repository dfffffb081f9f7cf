#include <QApplication>
#include <gtest/gtest.h>
#include <string_view>

#include "gui/app/display.h"
#include "gui/app/render.h"
#include "tests/gui/draw_pictures.h"

#ifdef __SANITIZE_ADDRESS__
// Qt's X platform asks D-Bus, which keeps what it has for good.
extern "C" const char *__lsan_default_suppressions() { return "leak:libdbus-1"; }
#endif

// Widgets need an application; it lives as long as the tests.
int main(int argc, char **argv) {
  ::testing::InitGoogleTest(&argc, argv);
  // test_platforms.cpp runs this program on other platforms.
  const bool pictures = argc == 3 && std::string_view(argv[1]) == "--draw-pictures";
  if (!pictures) hotloop::gui::useOffscreen();
  QApplication application(argc, argv);
  hotloop::gui::applyTheme(application);
  if (pictures) return hotloop::gui::test::drawPictures(argv[2]);
  return RUN_ALL_TESTS();
}
