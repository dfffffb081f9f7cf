#include <iostream>

#include "gui/app/run_gui.h"

int main(int argc, char **argv) {
  return hotloop::gui::runGui({argv + 1, argv + argc}, std::cout, std::cerr);
}
