#include "gui/app/run_gui.h"

#include <QApplication>
#include <fmt/format.h>
#include <ostream>

#include "gui/app/display.h"
#include "gui/app/gui_options.h"
#include "gui/app/main_window.h"
#include "gui/app/render.h"
#include "gui/data/summary.h"

namespace hotloop::gui {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitUsage = 2;

// QApplication keeps references to these.
int argumentCount = 1;
char programName[] = "hotloop-gui";
char *programArguments[] = {programName, nullptr};

int fail(std::ostream &err, const std::string &sentence) {
  err << "hotloop-gui: " << sentence << "\n";
  return kExitUsage;
}

int check(const GuiOptions &options, std::ostream &out, std::ostream &err) {
  const auto document = openRun(options.run);
  if (!document) return fail(err, document.error().message);
  out << fmt::format("{}: {}; {} findings\n", documentTitle(**document), stepsSentence(**document),
                     (*document)->analysis.findings.size());
  return kExitOk;
}

int render(const GuiOptions &options, const PageInfo &page, std::ostream &out, std::ostream &err) {
  auto document = openRun(options.run);
  if (!document) return fail(err, document.error().message);
  useOffscreen();
  QApplication application(argumentCount, programArguments);
  applyTheme(application);
  const QImage image = renderPage(page, std::move(*document), options.width, options.height);
  if (const auto written = writePng(image, options.output); !written) {
    return fail(err, written.error().message);
  }
  out << fmt::format("{}: {} x {} pixels\n", options.output, options.width, options.height);
  return kExitOk;
}

int window(const GuiOptions &options, std::ostream &err) {
  DisplayProbe probe;
  if (!probe.works()) {
    const std::string run = options.run.empty() ? "RUN" : options.run;
    return fail(
        err, fmt::format("there is no display to open a window on; hotloop advise {0} and hotloop "
                         "stats {0} say the same as text, and hotloop-gui --render out.png {0} "
                         "draws a picture",
                         run));
  }
  QApplication application(argumentCount, programArguments);
  probe.release();
  applyTheme(application);
  MainWindow mainWindow(options.page);
  if (!options.run.empty()) mainWindow.openPath(options.run);
  mainWindow.show();
  return QApplication::exec();
}

} // namespace

int runGui(const std::vector<std::string> &arguments, std::ostream &out, std::ostream &err) {
  const auto options = parseGuiOptions(arguments);
  if (!options) return fail(err, options.error().message);
  const PageInfo *page = options->page.empty() ? &pageList().front() : findPage(options->page);
  switch (options->mode) {
  case GuiMode::kHelp: out << guiHelp(); return kExitOk;
  case GuiMode::kVersion: out << "hotloop-gui " HOTLOOP_VERSION "\n"; return kExitOk;
  case GuiMode::kCheck: return check(*options, out, err);
  case GuiMode::kRender: return render(*options, *page, out, err);
  case GuiMode::kWindow: return window(*options, err);
  }
  return kExitUsage;
}

} // namespace hotloop::gui
