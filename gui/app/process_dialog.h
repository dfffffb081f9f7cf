#pragma once

#include <QDialog>
#include <QProcess>
#include <functional>

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;

namespace hotloop::gui {

// Files that hotloop import reads: their names tell.
bool isForeign(const QString &path);
// The run file that an import writes: beside the source, or in a temporary folder.
QString importTarget(const QString &from);
// The program hotloop beside this one, or on PATH; empty when there is none.
QString hotloopProgram();
// Reads one line of `hotloop import --progress=json`: the share done, 0 to 1; -1 when it tells
// none.
double progressOf(const QByteArray &line);

// Runs hotloop with its progress and a button that stops it.
class ProcessDialog : public QDialog {
public:
  ProcessDialog(const QString &title, QWidget *parent);
  ~ProcessDialog() override;
  void start(const QStringList &arguments);
  std::function<void(bool good)> finished;
  void reject() override;

private:
  void readProgress();
  void ended(int code, bool crashed);

  QProcess process_;
  QLabel *what_;
  QProgressBar *bar_;
  QByteArray pending_, errors_;
  bool stopped_ = false;
};

// Asks for a command, runs it under hotloop record and shows what both say as it comes.
class RecordDialog : public QDialog {
public:
  explicit RecordDialog(QWidget *parent);
  ~RecordDialog() override;
  std::function<void(const QString &path)> recorded;
  void setCommand(const QString &command, const QString &folder, const QString &output);
  void run();
  bool running() const { return process_.state() != QProcess::NotRunning; }
  QString shownOutput() const;
  void reject() override;

private:
  QLineEdit *command_, *folder_, *output_;
  QPlainTextEdit *log_;
  QPushButton *button_;
  QProcess process_;
};

} // namespace hotloop::gui
