#include "gui/app/palette_dialog.h"

#include <QAction>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/view/theme.h"

namespace hotloop::gui {

int fuzzyScore(const QString &text, const QString &letters) {
  int score = 0;
  qsizetype at = 0;
  qsizetype before = -2;
  for (const QChar letter : letters) {
    if (letter.isSpace()) continue;
    const qsizetype found = text.indexOf(letter, at, Qt::CaseInsensitive);
    if (found < 0) return -1;
    score += 1;
    if (found == before + 1) score += 4;                       // a run of letters
    if (found == 0 || !text[found - 1].isLetter()) score += 3; // the start of a word
    before = found;
    at = found + 1;
  }
  return score;
}

PaletteDialog::PaletteDialog(const std::vector<QAction *> &actions, QWidget *parent)
    : QDialog(parent), actions_(actions), query_(new QLineEdit), list_(new QListWidget) {
  setWindowTitle(QStringLiteral("Command palette"));
  setObjectName(QStringLiteral("palette"));
  resize(560, 420);
  query_->setAccessibleName(QStringLiteral("action"));
  query_->setPlaceholderText(QStringLiteral("what to do"));
  list_->setAccessibleName(QStringLiteral("actions"));
  query_->setFont(theme::font());
  list_->setFont(theme::font());
  auto *layout = new QVBoxLayout(this);
  layout->addWidget(query_);
  layout->addWidget(list_);
  query_->installEventFilter(this);
  connect(query_, &QLineEdit::textChanged, this, [this](const QString &text) { filter(text); });
  connect(list_, &QListWidget::itemActivated, this, [this] { accept(); });
  connect(query_, &QLineEdit::returnPressed, this, [this] { accept(); });
  filter({});
}

void PaletteDialog::filter(const QString &text) {
  std::vector<std::pair<int, QAction *>> hits;
  for (QAction *action : actions_) {
    const QString name = action->text().remove(QLatin1Char('&'));
    // The sentence counts too, but less than the name.
    const int score = std::max(2 * fuzzyScore(name, text), fuzzyScore(action->statusTip(), text));
    if (score >= 0) hits.emplace_back(score, action);
  }
  std::stable_sort(hits.begin(), hits.end(),
                   [](const auto &a, const auto &b) { return a.first > b.first; });
  list_->clear();
  for (const auto &[score, action] : hits) {
    const QString keys = action->shortcut().toString(QKeySequence::NativeText);
    auto *item = new QListWidgetItem(action->text().remove(QLatin1Char('&')) +
                                     (keys.isEmpty() ? QString() : QStringLiteral("    ") + keys));
    item->setToolTip(action->statusTip());
    item->setData(Qt::UserRole, QVariant::fromValue(static_cast<void *>(action)));
    list_->addItem(item);
  }
  list_->setCurrentRow(0);
}

void PaletteDialog::accept() {
  if (const QListWidgetItem *item = list_->currentItem())
    chosen_ = static_cast<QAction *>(item->data(Qt::UserRole).value<void *>());
  QDialog::accept();
}

bool PaletteDialog::eventFilter(QObject *object, QEvent *event) {
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent *>(event)->key();
    if (key == Qt::Key_Up || key == Qt::Key_Down) {
      const int row = list_->currentRow() + (key == Qt::Key_Down ? 1 : -1);
      list_->setCurrentRow(std::clamp(row, 0, std::max(0, list_->count() - 1)));
      return true;
    }
  }
  return QDialog::eventFilter(object, event);
}

} // namespace hotloop::gui
