#include "gui/app/display.h"

#include <QApplication>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hotloop::gui {
namespace {

constexpr unsigned kPatienceSeconds = 15; // for a display at the far end of a network

[[noreturn]] void tryDisplay(int answer, int hold) {
  const rlimit noCore = {0, 0};
  setrlimit(RLIMIT_CORE, &noCore);
  const int nowhere = open("/dev/null", O_RDWR);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  alarm(kPatienceSeconds);
  int count = 1;
  char name[] = "hotloop-gui";
  char *arguments[] = {name, nullptr};
  const QApplication application(count, arguments);
  alarm(0);
  char byte = 1;
  if (write(answer, &byte, 1) == 1) {
    while (read(hold, &byte, 1) < 0 && errno == EINTR) {
    }
  }
  _exit(0);
}

} // namespace

DisplayProbe::DisplayProbe() {
  int answer[2] = {-1, -1};
  int hold[2] = {-1, -1};
  // Where even a pipe fails, Qt may as well try by itself.
  if (pipe2(answer, O_CLOEXEC) != 0 || pipe2(hold, O_CLOEXEC) != 0) return;
  child_ = fork();
  if (child_ == 0) {
    close(answer[0]);
    close(hold[1]);
    tryDisplay(answer[1], hold[0]);
  }
  close(answer[1]);
  close(hold[0]);
  hold_ = hold[1];
  if (child_ > 0) {
    char byte = 0;
    ssize_t got = 0;
    do got = read(answer[0], &byte, 1);
    while (got < 0 && errno == EINTR);
    works_ = got == 1; // else it died
  }
  close(answer[0]);
}

void DisplayProbe::release() {
  if (hold_ >= 0) close(hold_);
  if (child_ > 0) waitpid(child_, nullptr, 0);
  hold_ = -1;
  child_ = -1;
}

void useOffscreen() {
  // The offscreen platform remarks on what it cannot do; nobody asked.
  qInstallMessageHandler([](QtMsgType type, const QMessageLogContext &, const QString &message) {
    if (type == QtCriticalMsg || type == QtFatalMsg) std::cerr << message.toStdString() << '\n';
  });
  setenv("QT_QPA_PLATFORM", "offscreen", 1);
  for (const char *name :
       {"QT_SCALE_FACTOR", "QT_SCREEN_SCALE_FACTORS", "QT_FONT_DPI", "QT_STYLE_OVERRIDE",
        "QT_QPA_PLATFORMTHEME", "QT_ENABLE_HIGHDPI_SCALING"}) {
    unsetenv(name);
  }
}

} // namespace hotloop::gui
