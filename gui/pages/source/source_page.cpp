#include "gui/pages/source/source_page.h"

#include <QListWidget>
#include <QMouseEvent>
#include <QScrollBar>
#include <QSplitter>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <algorithm>
#include <map>

#include "core/report/number_format.h"
#include "gui/data/source_costs.h"
#include "gui/view/raster.h"
#include "gui/view/slice_style.h"
#include "gui/view/syntax.h"
#include "gui/view/text.h"
#include "gui/widgets/canvas.h"
#include "gui/widgets/labels.h"
#include "gui/widgets/rich_table.h"

namespace hotloop::gui {
namespace {

constexpr int kLine = 19;
constexpr int kHead = 46;
constexpr std::size_t kMostLines = 100'000;
constexpr float kTime = 84, kCount = 62, kNumber = 54;
constexpr float kFinding = 90; // "finding 12" at the end of a line
constexpr float kMargin = kTime + 4 * kCount + kNumber;

QString figure(double value) { return value > 0 ? shown(formatCount(value)) : QString(); }

class SourceView : public Canvas {
public:
  SourceView() {
    setObjectName(QStringLiteral("source"));
    setAccessibleName(QStringLiteral("source with costs"));
    setMinimumWidth(500);
  }
  std::function<void(int)> openFinding;

  void setFile(const RunDocument &document, const SourceFile &file) {
    file_ = file;
    lines_ = readSource(document, file.path, kMostLines, where_);
    setToolTip(shown(where_));
    language_ = syntaxOf(file.path);
    states_.clear();
    SyntaxState state = SyntaxState::kCode;
    for (const std::string &line : lines_) {
      states_.push_back(state);
      syntaxSpans(line, language_, state);
    }
    costs_.clear();
    dearest_ = 1;
    for (const LineCost &line : file_.lines) {
      costs_[line.line] = &line;
      dearest_ = std::max(dearest_, line.selfTime);
    }
    if (lines_.empty() && !file_.lines.empty()) {
      // The costs alone, one row per known line.
      rows_.clear();
      for (const LineCost &line : file_.lines) rows_.push_back(line.line);
    } else {
      rows_.resize(lines_.size());
      for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i] = static_cast<std::uint32_t>(i + 1);
    }
    scroll_ = 0;
    const auto most = std::max_element(
        file_.lines.begin(), file_.lines.end(),
        [](const LineCost &a, const LineCost &b) { return a.selfTime < b.selfTime; });
    if (most != file_.lines.end()) showLine(most->line);
    markDirty();
  }

  void showLine(std::uint32_t line) {
    current_ = line;
    const auto found = std::lower_bound(rows_.begin(), rows_.end(), line);
    const int row = static_cast<int>(found - rows_.begin());
    const int visible = std::max(1, (height() - kHead) / kLine);
    scroll_ =
        std::clamp(row - visible / 2, 0, std::max(0, static_cast<int>(rows_.size()) - visible));
    markDirty();
  }

  void scrollBy(int rows) {
    const int visible = std::max(1, (height() - kHead) / kLine);
    scroll_ = std::clamp(scroll_ + rows, 0, std::max(0, static_cast<int>(rows_.size()) - visible));
    markDirty();
  }

  QString text() const {
    QString out =
        QStringLiteral("line\tself time\toperators\tlaunches\thost syncs\tallocations\tsource");
    for (const LineCost &line : file_.lines) {
      out += QStringLiteral("\n%1\t%2\t%3\t%4\t%5\t%6\t%7")
                 .arg(line.line)
                 .arg(shown(formatDuration(Nanoseconds(line.selfTime))), figure(line.operators),
                      figure(line.launches), figure(line.hostSyncs), figure(line.allocations),
                      line.line >= 1 && line.line <= lines_.size() ? shown(lines_[line.line - 1])
                                                                   : QString());
    }
    return out + QLatin1Char('\n');
  }

protected:
  void draw(DrawList &list) override {
    const auto w = static_cast<float>(width());
    const auto h = static_cast<float>(height());
    const Rgb words = rgb(theme::textColor());
    const Rgb dim = rgb(theme::dimText());
    list.back.rects.push_back({0, 0, w, h, rgb(theme::palette().color(QPalette::Base))});
    list.back.rects.push_back({0, 0, w, kHead, rgb(theme::palette().color(QPalette::Window))});
    const QString place = lines_.empty()
                              ? shown(file_.path + " is not on this machine: only the costs "
                                                   "of its lines are known")
                              : shown(briefFile(where_));
    list.main.texts.push_back(textIn(8, 2, w - 16, 20, place, words, Align::kLeft, true));
    float x = 0;
    for (const auto &[title, width] : {std::pair{"self time", kTime},
                                       {"operators", kCount},
                                       {"launches", kCount},
                                       {"syncs", kCount},
                                       {"allocs", kCount},
                                       {"line", kNumber}}) {
      list.main.texts.push_back(
          textIn(x, 24, width - 6, 18, QString::fromUtf8(title), dim, Align::kRight));
      x += width;
    }
    for (std::size_t i = static_cast<std::size_t>(scroll_); i < rows_.size(); ++i) {
      const float y = kHead + static_cast<float>(i - static_cast<std::size_t>(scroll_)) * kLine;
      if (y > h) break;
      const std::uint32_t number = rows_[i];
      const auto found = costs_.find(number);
      if (number == current_)
        list.back.rects.push_back(
            {0, y, w, kLine, rgb(theme::palette().color(QPalette::Highlight))});
      if (found != costs_.end()) drawCost(list, *found->second, y);
      list.main.texts.push_back(textIn(kMargin - kNumber, y, kNumber - 6, kLine,
                                       QString::number(number), dim, Align::kRight));
      if (number >= 1 && number <= lines_.size()) {
        const bool marked = found != costs_.end() && !found->second->findings.empty();
        drawCode(list, number - 1, y, marked ? w - kFinding : w);
      }
    }
    list.back.rects.push_back({kMargin, kHead, 1, h, rgb(theme::gridLine())});
  }

  void drawCode(DrawList &list, std::size_t line, float y, float w) {
    SyntaxState state = states_[line];
    float x = kMargin + 10;
    for (const SyntaxSpan &span : syntaxSpans(lines_[line], language_, state)) {
      const QString text = shown(lines_[line].substr(span.begin, span.end - span.begin))
                               .replace(QLatin1Char('\t'), QStringLiteral("    "));
      const auto width = static_cast<float>(textWidth(text, theme::TextSize::kCode, false));
      const float room = w - 4 - x;
      if (room < 4) return;
      // Two pixels more than it needs, so that rounding cuts nothing.
      DrawText code =
          textIn(x, y, std::min(width + 2, room), kLine, text,
                 rgb(line + 1 == current_ ? theme::textColor() : theme::syntaxColor(span.kind)));
      code.size = theme::TextSize::kCode;
      list.main.texts.push_back(std::move(code));
      x += width;
    }
  }

  void drawCost(DrawList &list, const LineCost &cost, float y) {
    const Rgb words = rgb(theme::textColor());
    const float share = static_cast<float>(cost.selfTime) / static_cast<float>(dearest_);
    list.back.rects.push_back({2, y + 2, share * (kTime - 4), kLine - 4,
                               withAlpha(theme::categoryColor(Category::kLaunch), 110)});
    float x = 0;
    const auto put = [&](float width, const QString &text, Rgb color) {
      list.main.texts.push_back(textIn(x, y, width - 6, kLine, text, color, Align::kRight));
      x += width;
    };
    put(kTime, cost.selfTime > 0 ? shown(formatDuration(Nanoseconds(cost.selfTime))) : QString(),
        words);
    put(kCount, figure(cost.operators), words);
    put(kCount, figure(cost.launches), words);
    put(kCount, figure(cost.hostSyncs), rgb(theme::bad()));
    put(kCount, figure(cost.allocations), words);
    if (cost.findings.empty()) return;
    list.main.texts.push_back(textIn(static_cast<float>(width()) - kFinding, y, kFinding - 6, kLine,
                                     QStringLiteral("finding %1").arg(cost.findings.front()),
                                     rgb(theme::bad()), Align::kRight, true));
  }

  void wheelEvent(QWheelEvent *event) override { scrollBy(-event->angleDelta().y() / 40); }
  void mousePressEvent(QMouseEvent *event) override {
    const int row = scroll_ + static_cast<int>((event->position().y() - kHead) / kLine);
    if (event->position().y() < kHead || row < 0 || row >= static_cast<int>(rows_.size())) return;
    current_ = rows_[static_cast<std::size_t>(row)];
    markDirty();
    const auto found = costs_.find(current_);
    if (found != costs_.end() && !found->second->findings.empty() && openFinding &&
        event->position().x() > width() - 140) {
      openFinding(found->second->findings.front());
    }
  }

private:
  SourceFile file_;
  std::vector<std::string> lines_;
  SyntaxLanguage language_ = SyntaxLanguage::kNone;
  std::vector<SyntaxState> states_; // at the beginning of each line
  std::string where_;
  std::map<std::uint32_t, const LineCost *> costs_;
  std::vector<std::uint32_t> rows_; // line of each row
  std::int64_t dearest_ = 1;
  std::uint32_t current_ = 0;
  int scroll_ = 0;
};

class SourcePage : public Page {
public:
  explicit SourcePage(const PageContext &context)
      : document_(context.document), files_(sourceFiles(*document_)) {
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    if (files_.empty()) {
      layout->addWidget(makeEmpty(QStringLiteral("No line of source is on record: operators of "
                                                 "this run do not know where they were called.")));
      return;
    }
    list_ = new QListWidget;
    list_->setObjectName(QStringLiteral("files"));
    list_->setAccessibleName(QStringLiteral("files"));
    list_->setFont(theme::font());
    list_->setTextElideMode(Qt::ElideRight);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    for (const SourceFile &file : files_) {
      auto *item = new QListWidgetItem(shown(file.path.substr(file.path.rfind('/') + 1)) +
                                       QStringLiteral("   ") +
                                       shown(formatDuration(Nanoseconds(file.selfTime))));
      item->setToolTip(shown(file.path));
      list_->addItem(item);
    }
    view_ = new SourceView;
    if (context.navigator != nullptr && context.navigator->showFinding) {
      const auto show = context.navigator->showFinding;
      view_->openFinding = [show](int finding) { show(finding, 0); };
    }
    auto *splitter = new QSplitter(Qt::Horizontal);
    splitter->addWidget(list_);
    splitter->addWidget(view_);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 5);
    splitter->setSizes({240, 970});
    splitter->setChildrenCollapsible(false);
    layout->addWidget(splitter);
    setFocusProxy(view_);
    connect(list_, &QListWidget::currentRowChanged, this, [this](int row) {
      if (row >= 0) view_->setFile(*document_, files_[static_cast<std::size_t>(row)]);
    });
    list_->setCurrentRow(0);
    if (!context.select.empty()) select(context.select);
  }

  bool act(std::string_view action) override {
    if (view_ == nullptr) return false;
    if (action.starts_with("select:")) return select(std::string(action.substr(7)));
    if (action == "scroll-up" || action == "scroll-down") {
      view_->scrollBy(action == "scroll-down" ? 3 : -3);
      return true;
    }
    return false;
  }
  QString text() const override { return view_ == nullptr ? QString() : view_->text(); }
  QString csv() const override { return tabsToCsv(text()); }

private:
  // "path", "path:line"; the end of a path is enough.
  bool select(const std::string &text) {
    const std::size_t colon = text.rfind(':');
    std::string path = text;
    std::uint32_t line = 0;
    if (colon != std::string::npos) {
      const QString digits = QString::fromStdString(text.substr(colon + 1));
      bool number = false;
      line = digits.toUInt(&number);
      if (number) path = text.substr(0, colon);
    }
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (!files_[i].path.ends_with(path)) continue;
      list_->setCurrentRow(static_cast<int>(i));
      if (line > 0) view_->showLine(line);
      return true;
    }
    return false;
  }

  RunDocumentPtr document_;
  std::vector<SourceFile> files_;
  QListWidget *list_ = nullptr;
  SourceView *view_ = nullptr;
};

} // namespace

QWidget *makeSourcePage(const PageContext &context) { return new SourcePage(context); }

} // namespace hotloop::gui
