#include "gui/app/run_gui.h"

#include <QApplication>
#include <QFontDatabase>
#include <QStandardPaths>
#include <QThreadPool>
#include <cstdlib>
#include <fmt/format.h>
#include <ostream>

#include "gui/app/display.h"
#include "gui/app/gui_options.h"
#include "gui/app/main_window.h"
#include "gui/app/render.h"
#include "gui/data/summary.h"
#include "gui/data/trace/trace_cache.h"
#include "gui/view/theme.h"

namespace hotloop::gui {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitUsage = 2;
constexpr int kPatienceMilliseconds = 500;
constexpr std::size_t kQuickToAnalyse = 500'000; // slices

// QApplication keeps references to these.
int argumentCount = 1;
char programName[] = "hotloop-gui";
char *programArguments[] = {programName, nullptr};

int fail(std::ostream &err, const std::string &sentence) {
  err << "hotloop-gui: " << sentence << "\n";
  return kExitUsage;
}

void warnAboutFonts(std::ostream &err) {
  // fontconfig names these three also where it has no file for them.
  const QStringList promised = {"Monospace", "Sans Serif", "Serif"};
  for (const QString &family : QFontDatabase::families())
    if (!promised.contains(family)) return;
  err << "hotloop-gui: no font is installed here, so texts are drawn as boxes; install "
         "fonts-dejavu-core, or set QT_QPA_FONTDIR to a folder with fonts\n";
}

int check(const GuiOptions &options, std::ostream &out, std::ostream &err) {
  for (const std::string &run : options.runs) {
    const auto document = openRun(run);
    if (!document) return fail(err, document.error().message);
    out << fmt::format("{}: {}; {} findings\n", documentTitle(**document),
                       stepsSentence(**document), (*document)->analysis.findings.size());
  }
  return kExitOk;
}

int render(const GuiOptions &options, const PageInfo &page, std::ostream &out, std::ostream &err) {
  PageContext context;
  for (const std::string &run : options.runs) {
    auto document = openTimeline(run);
    if (document) keepTimeline(**document);
    // Findings are drawn on the timeline too, where finding them does not take long.
    const bool wanted = page.needs == PageNeeds::kAnalysis ||
                        options.range.starts_with("finding") || options.range.starts_with("step");
    if (document && (wanted || (*document)->trace->size() <= kQuickToAnalyse))
      document = withAnalysis(*document);
    if (!document) return fail(err, document.error().message);
    context.all.push_back(std::move(*document));
  }
  context.document = context.all.front();
  context.select = options.select;
  if (!options.range.empty()) {
    const auto range = parseTimeRange(options.range, *context.document);
    if (!range) return fail(err, range.error().message);
    context.range = *range;
  }
  useOffscreen();
  QApplication application(argumentCount, programArguments);
  applyTheme(application);
  warnAboutFonts(err);
  const RenderSize size{options.width, options.height, options.scale};
  const auto written = options.output.ends_with(".svg")
                           ? writeSvg(page, context, size, options.output)
                           : writePng(renderPage(page, context, size), options.output);
  if (!written) return fail(err, written.error().message);
  out << fmt::format("{}: {} x {} pixels\n", options.output,
                     options.width * static_cast<int>(options.scale),
                     options.height * static_cast<int>(options.scale));
  return kExitOk;
}

int window(const GuiOptions &options, std::ostream &err) {
  DisplayProbe probe;
  if (!probe.works()) {
    const std::string run = options.runs.empty() ? "RUN" : options.runs.front();
    return fail(
        err, fmt::format("there is no display to open a window on; hotloop advise {0} and hotloop "
                         "stats {0} say the same as text, and hotloop render {0} -o out.png draws "
                         "a picture",
                         run));
  }
  QApplication application(argumentCount, programArguments);
  probe.release();
  applyTheme(application);
  warnAboutFonts(err);
  int code = 0;
  {
    MainWindow mainWindow(options.view, options.range, options.select);
    for (const std::string &run : options.runs) mainWindow.openPath(run);
    mainWindow.show();
    code = QApplication::exec();
  } // stops what is still read, analysed or counted
  // Nobody is left to see what does not stop. Sessions are saved by now, and files are written
  // under other names until they are whole.
  if (!QThreadPool::globalInstance()->waitForDone(kPatienceMilliseconds)) {
    err.flush();
    std::_Exit(code);
  }
  return code;
}

} // namespace

int runGui(const std::vector<std::string> &arguments, std::ostream &out, std::ostream &err) {
  const auto options = parseGuiOptions(arguments);
  if (!options) return fail(err, options.error().message);
  theme::setMode(options->dark ? theme::Mode::kDark : theme::Mode::kLight);
  setCachePolicy(
      {options->cache, (QStandardPaths::writableLocation(QStandardPaths::GenericCacheLocation) +
                        QStringLiteral("/hotloop"))
                           .toStdString()});
  const PageInfo *page = options->view.empty() ? &pageList().front() : findPage(options->view);
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
