#include <QCoreApplication>
#include <QDir>
#include <QImage>
#include <QProcess>
#include <QStandardPaths>
#include <gtest/gtest.h>

#include "gui/pages/page_list.h"
#include "tests/gui/made_document.h"

// The same pixels with no display and on an X server.
namespace hotloop::gui {
namespace {

// An X server of its own, gone with the object.
class XServer {
public:
  XServer() {
    process_.start(QStringLiteral("Xvfb"),
                   {"-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"});
    QByteArray line;
    while (!line.contains('\n') && process_.waitForReadyRead(20'000)) line += process_.readAll();
    if (line.contains('\n')) display_ = QStringLiteral(":") + QString::fromLatin1(line.trimmed());
  }
  ~XServer() {
    process_.terminate();
    if (!process_.waitForFinished(5'000)) process_.kill();
  }
  QString display() const { return display_; } // empty: it did not start

private:
  QProcess process_;
  QString display_;
};

bool draw(const QString &platform, const QString &display, const QString &folder) {
  QDir().mkpath(folder);
  QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
  environment.insert(QStringLiteral("QT_QPA_PLATFORM"), platform);
  environment.insert(QStringLiteral("DISPLAY"), display);
  QProcess process;
  process.setProcessEnvironment(environment);
  process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
  process.start(QCoreApplication::applicationFilePath(), {"--draw-pictures", folder});
  return process.waitForFinished(120'000) && process.exitStatus() == QProcess::NormalExit &&
         process.exitCode() == 0;
}

TEST(Platforms, OffscreenAndXvfbDrawTheSamePixels) {
  if (QStandardPaths::findExecutable(QStringLiteral("Xvfb")).isEmpty())
    GTEST_SKIP() << "Xvfb is not installed";
  const XServer server;
  ASSERT_FALSE(server.display().isEmpty());
  const QString offscreen = QString::fromStdString(test::scratchPath("offscreen"));
  const QString xvfb = QString::fromStdString(test::scratchPath("xvfb"));
  ASSERT_TRUE(draw(QStringLiteral("offscreen"), {}, offscreen));
  ASSERT_TRUE(draw(QStringLiteral("xcb"), server.display(), xvfb));
  std::vector<std::string> names{"window"};
  for (const PageInfo &page : pageList()) names.emplace_back(page.id);
  for (const std::string &name : names) {
    const QString file = QLatin1Char('/') + QString::fromStdString(name) + QStringLiteral(".png");
    const QImage a(offscreen + file);
    const QImage b(xvfb + file);
    ASSERT_FALSE(a.isNull()) << name;
    EXPECT_EQ(a.size(), b.size()) << name;
    EXPECT_TRUE(a == b) << name;
  }
}

} // namespace
} // namespace hotloop::gui
