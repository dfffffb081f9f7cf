#include "gui/app/process_dialog.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QFormLayout>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QStandardPaths>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/view/theme.h"

namespace hotloop::gui {
namespace {

constexpr int kGraceMilliseconds = 3000; // to end after being asked to
constexpr int kMostLogLines = 20'000;

void stop(QProcess &process) {
  if (process.state() == QProcess::NotRunning) return;
  process.terminate();
  if (!process.waitForFinished(kGraceMilliseconds)) {
    process.kill();
    process.waitForFinished(kGraceMilliseconds);
  }
}

QString missing() {
  return QStringLiteral("the program hotloop is neither beside hotloop-gui nor on PATH; put its "
                        "folder on PATH");
}

} // namespace

bool isForeign(const QString &path) {
  for (const char *ending : {".json", ".json.gz", ".sqlite", ".pickle", ".nsys-rep", ".pt.trace"}) {
    if (path.endsWith(QString::fromUtf8(ending), Qt::CaseInsensitive)) return true;
  }
  return false;
}

QString importTarget(const QString &from) {
  const QFileInfo info(from);
  const QString name = info.fileName() + QStringLiteral(".hotloop");
  return QFileInfo(info.absolutePath()).isWritable() ? info.absolutePath() + QLatin1Char('/') + name
                                                     : QDir::tempPath() + QLatin1Char('/') + name;
}

QString hotloopProgram() {
  const QString name = QStringLiteral("hotloop");
  const QString beside = QStandardPaths::findExecutable(
      name, {QCoreApplication::applicationDirPath(),
             QCoreApplication::applicationDirPath() + QStringLiteral("/../../cli")});
  return beside.isEmpty() ? QStandardPaths::findExecutable(name) : beside;
}

double progressOf(const QByteArray &line) {
  const QJsonValue share = QJsonDocument::fromJson(line).object()[QStringLiteral("fraction")];
  return share.isDouble() ? std::clamp(share.toDouble(), 0.0, 1.0) : -1;
}

ProcessDialog::ProcessDialog(const QString &title, QWidget *parent)
    : QDialog(parent), what_(new QLabel), bar_(new QProgressBar) {
  setWindowTitle(title);
  resize(520, 140);
  auto *layout = new QVBoxLayout(this);
  what_->setWordWrap(true);
  what_->setText(title);
  what_->setObjectName(QStringLiteral("what"));
  bar_->setRange(0, 0); // busy until it tells
  bar_->setAccessibleName(QStringLiteral("progress"));
  auto *cancel = new QPushButton(QStringLiteral("Cancel"));
  layout->addWidget(what_);
  layout->addWidget(bar_);
  layout->addWidget(cancel);
  connect(cancel, &QPushButton::clicked, this, [this] { reject(); });
  connect(&process_, &QProcess::readyReadStandardError, this, [this] { readProgress(); });
  connect(&process_, &QProcess::finished, this, [this](int code, QProcess::ExitStatus status) {
    ended(code, status == QProcess::CrashExit);
  });
  connect(&process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error == QProcess::FailedToStart) ended(-1, true);
  });
}

ProcessDialog::~ProcessDialog() {
  process_.disconnect(this);
  stop(process_);
}

void ProcessDialog::start(const QStringList &arguments) {
  const QString program = hotloopProgram();
  if (program.isEmpty()) {
    what_->setText(missing());
    bar_->setRange(0, 1);
    return;
  }
  process_.start(program, arguments);
}

void ProcessDialog::readProgress() {
  pending_ += process_.readAllStandardError();
  for (qsizetype end = pending_.indexOf('\n'); end >= 0; end = pending_.indexOf('\n')) {
    const QByteArray line = pending_.left(end);
    pending_.remove(0, end + 1);
    const double share = progressOf(line);
    if (share >= 0) {
      bar_->setRange(0, 1000);
      bar_->setValue(static_cast<int>(share * 1000));
    } else if (line.startsWith('{')) {
      const QJsonObject json = QJsonDocument::fromJson(line).object();
      const QString message = json[QStringLiteral("message")].toString();
      if (!message.isEmpty()) errors_ += message.toUtf8() + '\n';
    } else {
      errors_ += line + '\n';
    }
  }
}

void ProcessDialog::ended(int code, bool crashed) {
  readProgress();
  const bool good = code == 0 && !crashed && !stopped_;
  if (!good && !stopped_) {
    what_->setText(QString::fromUtf8(errors_ + pending_).trimmed());
    if (what_->text().isEmpty()) what_->setText(QStringLiteral("hotloop ended without a word"));
    bar_->setRange(0, 1);
  }
  if (good) accept();
  if (finished) finished(good);
}

void ProcessDialog::reject() {
  stopped_ = true;
  stop(process_);
  QDialog::reject();
}

RecordDialog::RecordDialog(QWidget *parent)
    : QDialog(parent), command_(new QLineEdit), folder_(new QLineEdit(QDir::currentPath())),
      output_(new QLineEdit(QStringLiteral("run.hotloop"))), log_(new QPlainTextEdit),
      button_(new QPushButton(QStringLiteral("Record"))) {
  setWindowTitle(QStringLiteral("Record a program"));
  setObjectName(QStringLiteral("record"));
  resize(720, 520);
  command_->setPlaceholderText(QStringLiteral("python3 train.py --steps 40"));
  log_->setReadOnly(true);
  log_->setFont(theme::codeFont());
  log_->setMaximumBlockCount(kMostLogLines);
  log_->setAccessibleName(QStringLiteral("output"));
  auto *form = new QFormLayout;
  form->addRow(QStringLiteral("&Command"), command_);
  form->addRow(QStringLiteral("&Folder"), folder_);
  form->addRow(QStringLiteral("&Run file"), output_);
  auto *layout = new QVBoxLayout(this);
  layout->addLayout(form);
  layout->addWidget(log_, 1);
  layout->addWidget(button_);
  process_.setProcessChannelMode(QProcess::MergedChannels);
  connect(button_, &QPushButton::clicked, this, [this] {
    if (running())
      process_.terminate(); // record ends the program and finishes the file
    else
      run();
  });
  connect(&process_, &QProcess::readyRead, this, [this] {
    log_->moveCursor(QTextCursor::End);
    log_->insertPlainText(QString::fromUtf8(process_.readAll()));
    log_->moveCursor(QTextCursor::End);
  });
  connect(&process_, &QProcess::finished, this, [this](int code) {
    button_->setText(QStringLiteral("Record"));
    const QString path = QDir(folder_->text()).filePath(output_->text());
    log_->appendPlainText(QStringLiteral("ended with code %1").arg(code));
    if (QFileInfo::exists(path) && recorded) {
      recorded(path);
      accept();
    }
  });
}

RecordDialog::~RecordDialog() {
  process_.disconnect(this);
  stop(process_);
}

void RecordDialog::setCommand(const QString &command, const QString &folder,
                              const QString &output) {
  command_->setText(command);
  folder_->setText(folder);
  output_->setText(output);
}

QString RecordDialog::shownOutput() const { return log_->toPlainText(); }

void RecordDialog::run() {
  const QString program = hotloopProgram();
  const QStringList words = QProcess::splitCommand(command_->text());
  if (program.isEmpty()) {
    log_->appendPlainText(missing());
    return;
  }
  if (words.isEmpty()) {
    log_->appendPlainText(QStringLiteral("give the command that starts the program"));
    return;
  }
  if (!QFileInfo(folder_->text()).isDir()) {
    log_->appendPlainText(folder_->text() + QStringLiteral(": no such folder"));
    return;
  }
  process_.setWorkingDirectory(folder_->text());
  button_->setText(QStringLiteral("Stop"));
  process_.start(program, QStringList{QStringLiteral("record"), QStringLiteral("-o"),
                                      output_->text(), QStringLiteral("--")} +
                              words);
}

void RecordDialog::reject() {
  stop(process_);
  QDialog::reject();
}

} // namespace hotloop::gui
