#include "gui/widgets/labels.h"

#include <QFrame>
#include <QLabel>
#include <QVBoxLayout>

namespace hotloop::gui {

QLabel *makeLabel(const QString &text, const QFont &font, const QColor &color) {
  auto *label = new QLabel(text);
  label->setTextFormat(Qt::PlainText);
  label->setFont(font);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  label->setFocusPolicy(Qt::NoFocus);
  if (color.isValid()) {
    QPalette palette = label->palette();
    palette.setColor(QPalette::WindowText, color);
    label->setPalette(palette);
    label->setForegroundRole(QPalette::WindowText); // else that of the parent's background
  }
  return label;
}

QWidget *makeEmpty(const QString &sentence) {
  auto *box = new QWidget;
  auto *layout = new QVBoxLayout(box);
  layout->setContentsMargins(60, 40, 60, 40);
  auto *label = makeLabel(sentence, theme::font(theme::TextSize::kLarge), theme::dimText());
  label->setObjectName(QStringLiteral("empty"));
  label->setAlignment(Qt::AlignCenter);
  label->setWordWrap(true);
  layout->addWidget(label);
  return box;
}

QFrame *makeTile(const QString &label, const QString &value, const QString &note) {
  auto *box = new QFrame;
  box->setFrameShape(QFrame::StyledPanel);
  box->setAutoFillBackground(true);
  box->setBackgroundRole(QPalette::Base);
  box->setAccessibleName(label + QLatin1Char(' ') + value + QLatin1Char(' ') + note);
  auto *layout = new QVBoxLayout(box);
  layout->setContentsMargins(12, 8, 12, 8);
  layout->setSpacing(1);
  layout->addWidget(makeLabel(label, theme::font(theme::TextSize::kSmall), theme::dimText()));
  layout->addWidget(makeLabel(value, theme::font(theme::TextSize::kFigure)));
  layout->addWidget(makeLabel(note, theme::font(theme::TextSize::kSmall), theme::dimText()));
  return box;
}

} // namespace hotloop::gui
