#pragma once

#include <QDialog>
#include <vector>

class QAction;
class QLineEdit;
class QListWidget;

namespace hotloop::gui {

// Finds an action by some of its letters; Enter runs it.
class PaletteDialog : public QDialog {
public:
  PaletteDialog(const std::vector<QAction *> &actions, QWidget *parent);
  QAction *chosen() const { return chosen_; }

protected:
  bool eventFilter(QObject *object, QEvent *event) override;

private:
  void filter(const QString &text);
  void accept() override;

  std::vector<QAction *> actions_;
  QLineEdit *query_;
  QListWidget *list_;
  QAction *chosen_ = nullptr;
};

// How well `letters` occur in `text` in their order; -1 not at all, more is better.
int fuzzyScore(const QString &text, const QString &letters);

} // namespace hotloop::gui
