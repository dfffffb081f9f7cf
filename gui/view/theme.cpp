#include "gui/view/theme.h"

#include <cmath>

namespace hotloop::gui::theme {
namespace {

Mode current = Mode::kLight;

QColor pick(QRgb light, QRgb dark) { return QColor(current == Mode::kDark ? dark : light); }

double luminance(const QColor &color) {
  const auto linear = [](double c) {
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) +
         0.0722 * linear(color.blueF());
}

} // namespace

void setMode(Mode mode) { current = mode; }
Mode mode() { return current; }

double contrast(const QColor &a, const QColor &b) {
  const double la = luminance(a) + 0.05;
  const double lb = luminance(b) + 0.05;
  return la > lb ? la / lb : lb / la;
}

QColor textOn(const QColor &background) {
  const QColor black(Qt::black); // nothing lighter reaches 4.5:1 on every middle tone
  return contrast(black, background) >= contrast(Qt::white, background) ? black : QColor(Qt::white);
}

QColor categoryColor(Category category) {
  switch (category) {
  case Category::kOperator: return QColor(0x56, 0xb4, 0xe9);
  case Category::kBackward: return QColor(0xcc, 0x79, 0xa7);
  case Category::kScope: return QColor(0xf0, 0xe4, 0x42);
  case Category::kRange: return QColor(0x2f, 0xb3, 0x8c);
  case Category::kStep: return QColor(0x9a, 0xa5, 0xb1);
  case Category::kCall: return QColor(0xb5, 0xc7, 0xd9);
  case Category::kLaunch: return QColor(0xe6, 0x9f, 0x00);
  case Category::kWait: return QColor(0xe0, 0x6a, 0x1b);
  case Category::kKernel: return QColor(0x3d, 0x8f, 0xd1);
  case Category::kGraphKernel: return QColor(0x7a, 0x9b, 0xe8);
  case Category::kCopy: return QColor(0xd8, 0xc2, 0x4a);
  case Category::kFill: return QColor(0xc9, 0xb2, 0x9b);
  case Category::kCount: break;
  }
  return QColor(0x9a, 0xa5, 0xb1);
}

QFont font(TextSize size, bool bold) {
  if (size == TextSize::kCode) return codeFont();
  QFont font(QStringLiteral("DejaVu Sans"));
  font.setStyleHint(QFont::SansSerif);
  // In pixels: points would depend on the screen.
  switch (size) {
  case TextSize::kSmall: font.setPixelSize(11); break;
  case TextSize::kNormal: font.setPixelSize(13); break;
  case TextSize::kLarge: font.setPixelSize(17); break;
  case TextSize::kFigure: font.setPixelSize(21); break;
  case TextSize::kCode: break;
  }
  font.setBold(bold);
  font.setHintingPreference(QFont::PreferNoHinting);
  return font;
}

QFont codeFont() {
  QFont code(QStringLiteral("DejaVu Sans Mono"));
  code.setStyleHint(QFont::Monospace);
  code.setPixelSize(12);
  return code;
}

QPalette palette() {
  QPalette palette;
  const QColor text = textColor();
  const QColor faint = pick(0x6b7480, 0x8b949e);
  palette.setColor(QPalette::Window, pick(0xf3f5f7, 0x1b1f24));
  palette.setColor(QPalette::WindowText, text);
  palette.setColor(QPalette::Base, pick(0xffffff, 0x22272e));
  palette.setColor(QPalette::AlternateBase, pick(0xf8f9fb, 0x272d35));
  palette.setColor(QPalette::Text, text);
  palette.setColor(QPalette::PlaceholderText, faint);
  palette.setColor(QPalette::Button, pick(0xe9ecf0, 0x2d333b));
  palette.setColor(QPalette::ButtonText, text);
  palette.setColor(QPalette::BrightText, text);
  palette.setColor(QPalette::Light, pick(0xffffff, 0x3a424c));
  palette.setColor(QPalette::Midlight, pick(0xf0f2f5, 0x333a43));
  palette.setColor(QPalette::Mid, pick(0xd0d7de, 0x444c56));
  palette.setColor(QPalette::Dark, pick(0xa8b1bb, 0x12151a));
  palette.setColor(QPalette::Shadow, pick(0x8b949e, 0x0b0d10));
  palette.setColor(QPalette::Highlight, pick(0xd5e6fb, 0x2f5580));
  palette.setColor(QPalette::HighlightedText, pick(0x1d232b, 0xffffff));
  palette.setColor(QPalette::ToolTipBase, pick(0xffffff, 0x2d333b));
  palette.setColor(QPalette::ToolTipText, text);
  palette.setColor(QPalette::Link, pick(0x0b5cad, 0x79b8ff));
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    palette.setColor(QPalette::Disabled, role, faint);
  }
  return palette;
}

QColor textColor() { return pick(0x1d232b, 0xe6eaef); }
QColor dimText() { return pick(0x57606a, 0xa9b3be); }
QColor accent() { return pick(0x0b5cad, 0x79b8ff); }
QColor good() { return pick(0x0a6b4f, 0x4fd1a5); }
QColor bad() { return pick(0xa63a00, 0xffa16b); }
QColor gridLine() { return pick(0xd5dbe1, 0x3a424c); }
QColor laneColor() { return pick(0xe9edf1, 0x14171b); }

QColor feltColor(Felt felt) { return felt == Felt::kMeasured ? bad() : accent(); }

QColor severityColor(Severity severity) {
  switch (severity) {
  case Severity::kInfo: return dimText();
  case Severity::kNotice: return pick(0x7d4e00, 0xe3b341);
  case Severity::kDataLoss: return pick(0xb01e1e, 0xff8f8f);
  case Severity::kError: return pick(0xb01e1e, 0xff8f8f);
  }
  return dimText();
}

QColor syntaxColor(SyntaxKind kind) {
  switch (kind) {
  case SyntaxKind::kPlain: return textColor();
  case SyntaxKind::kKeyword: return pick(0x0b5cad, 0x79b8ff);
  case SyntaxKind::kString: return pick(0x0a6b4f, 0x7ee0b5);
  case SyntaxKind::kComment: return pick(0x57606a, 0xa9b3be);
  case SyntaxKind::kNumber: return pick(0x8a3b00, 0xffb27d);
  }
  return textColor();
}

const char *severityWord(Severity severity) {
  switch (severity) {
  case Severity::kInfo: return "info";
  case Severity::kNotice: return "notice";
  case Severity::kDataLoss: return "data loss";
  case Severity::kError: return "error";
  }
  return "error";
}

} // namespace hotloop::gui::theme
