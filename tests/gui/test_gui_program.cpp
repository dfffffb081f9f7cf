#include <QDir>
#include <QFile>
#include <QImage>
#include <QProcess>
#include <QSet>
#include <gtest/gtest.h>

#include "tests/gui/made_document.h"

// The program as a user runs it.
namespace hotloop::gui {
namespace {

struct Outcome {
  int code = -1; // -1: did not exit by itself
  QString out, err;
};

Outcome run(const QStringList &arguments, const QProcessEnvironment &environment) {
  QProcess process;
  process.setProcessEnvironment(environment);
  process.start(QStringLiteral(HOTLOOP_GUI), arguments);
  Outcome outcome;
  if (process.waitForFinished(60'000) && process.exitStatus() == QProcess::NormalExit) {
    outcome.code = process.exitCode();
  }
  outcome.out = QString::fromUtf8(process.readAllStandardOutput());
  outcome.err = QString::fromUtf8(process.readAllStandardError());
  return outcome;
}

QProcessEnvironment noDisplay() {
  QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
  for (const char *name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}) {
    environment.remove(QString::fromUtf8(name));
  }
  return environment;
}

Outcome run(const QStringList &arguments) { return run(arguments, noDisplay()); }

QByteArray contents(const QString &path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

TEST(GuiProgram, ChecksAGoodRun) {
  const Outcome outcome = run({"--check", QString::fromStdString(test::madeRunFile())});
  EXPECT_EQ(outcome.code, 0) << outcome.err.toStdString();
  EXPECT_TRUE(outcome.out.contains("steady")) << outcome.out.toStdString();
  EXPECT_EQ(outcome.err, "");
}

TEST(GuiProgram, BadFilesAreNamed) {
  const QString noRun = QString::fromStdString(test::scratchPath("no.hotloop"));
  QFile file(noRun);
  ASSERT_TRUE(file.open(QIODevice::WriteOnly));
  file.write("This is no run.");
  file.close();
  for (const QString &path : {noRun, QStringLiteral("/nowhere/run.hotloop"), QStringLiteral("/")}) {
    const QString picture = QString::fromStdString(test::scratchPath("bad.png"));
    for (const QStringList &arguments :
         {QStringList{"--check", path}, {"--render", picture, path}}) {
      const Outcome outcome = run(arguments);
      EXPECT_EQ(outcome.code, 2);
      EXPECT_TRUE(outcome.err.startsWith("hotloop-gui: ")) << outcome.err.toStdString();
      EXPECT_TRUE(outcome.err.contains(path)) << outcome.err.toStdString();
    }
    EXPECT_FALSE(QFile::exists(picture));
  }
}

TEST(GuiProgram, RendersTheSameBytesWhateverTheSurroundings) {
  const QString path = QString::fromStdString(test::madeRunFile());
  const QString first = QString::fromStdString(test::scratchPath("first.png"));
  const QString second = QString::fromStdString(test::scratchPath("second.png"));
  EXPECT_EQ(run({"--render", first, "--size", "900x700", path}).code, 0);
  QProcessEnvironment odd = noDisplay();
  odd.insert("QT_SCALE_FACTOR", "2");
  odd.insert("QT_STYLE_OVERRIDE", "windows");
  odd.insert("DISPLAY", ":4711");
  odd.insert("LC_ALL", "C");
  EXPECT_EQ(run({"--render", second, "--size", "900x700", path}, odd).code, 0);
  EXPECT_EQ(QImage(first).size(), QSize(900, 700));
  EXPECT_EQ(contents(first), contents(second));
}

TEST(GuiProgram, UnwritablePictureIsNamed) {
  const Outcome outcome =
      run({"--render", "/nowhere/out.png", QString::fromStdString(test::madeRunFile())});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.err.contains("cannot write /nowhere/out.png")) << outcome.err.toStdString();
}

TEST(GuiProgram, WithoutADisplayTheTextCommandsAreNamed) {
  QProcessEnvironment wrong = noDisplay();
  wrong.insert("DISPLAY", ":4711");
  for (const QProcessEnvironment &environment : {noDisplay(), wrong}) {
    const Outcome outcome = run({"some.hotloop"}, environment);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_TRUE(outcome.err.contains("no display"));
    EXPECT_TRUE(outcome.err.contains("hotloop render some.hotloop")) << outcome.err.toStdString();
  }
}

// A machine without a single font: boxes instead of letters, and a sentence that says why.
TEST(GuiProgram, WithoutFontsItStillDraws) {
  const QString empty = QString::fromStdString(test::scratchPath("no fonts"));
  ASSERT_TRUE(QDir().mkpath(empty));
  const QString config = empty + QStringLiteral("/fonts.conf");
  QFile file(config);
  ASSERT_TRUE(file.open(QIODevice::WriteOnly));
  file.write("<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\"><fontconfig/>");
  file.close();
  QProcessEnvironment bare = noDisplay();
  bare.insert("FONTCONFIG_FILE", config);
  bare.insert("QT_QPA_FONTDIR", empty);
  for (const char *view : {"summary", "timeline", "findings", "source"}) {
    const QString picture = empty + QStringLiteral("/out.png");
    QFile::remove(picture);
    const Outcome outcome = run({"--headless", "-o", picture, "--view", QString::fromUtf8(view),
                                 QString::fromStdString(test::madeRunFile())},
                                bare);
    EXPECT_EQ(outcome.code, 0) << view << ": " << outcome.err.toStdString();
    EXPECT_TRUE(outcome.err.contains("no font")) << outcome.err.toStdString();
    const QImage image(picture);
    ASSERT_FALSE(image.isNull()) << view;
    QSet<QRgb> colors;
    for (int y = 0; y < image.height(); y += 3) {
      for (int x = 0; x < image.width(); x += 3) colors.insert(image.pixel(x, y));
    }
    EXPECT_GT(colors.size(), 4) << view << " is blank";
  }
}

TEST(GuiProgram, HelpAndUsage) {
  EXPECT_EQ(run({"--help"}).code, 0);
  EXPECT_TRUE(run({"--help"}).out.contains("-o FILE"));
  EXPECT_TRUE(run({"--version"}).out.startsWith("hotloop-gui "));
  const Outcome outcome = run({"--wrong"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.err.contains("--wrong"));
}

} // namespace
} // namespace hotloop::gui
