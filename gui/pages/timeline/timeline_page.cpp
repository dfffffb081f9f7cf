#include "gui/pages/timeline/timeline_page.h"

#include <QAccessible>
#include <QApplication>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QScrollBar>
#include <QSplitter>
#include <QTextBrowser>
#include <QTimer>
#include <QVBoxLayout>

#include "gui/pages/timeline/slice_details.h"
#include "gui/pages/timeline/timeline_view.h"
#include "gui/view/text.h"
#include "gui/widgets/background.h"
#include "gui/widgets/rich_table.h"

namespace hotloop::gui {
namespace {

constexpr int kSettleMilliseconds = 120; // statistics wait until the view stands still
constexpr std::size_t kRowsShown = 30;   // of statistics; copies have all of them
constexpr std::size_t kQuickToCount = 20'000'000;
constexpr std::size_t kQuickSlices = 1'000'000; // of more, another thread makes the statistics

QLineEdit *field(const char *name, const char *hint, int width) {
  auto *edit = new QLineEdit;
  edit->setObjectName(QString::fromUtf8(name));
  edit->setAccessibleName(QString::fromUtf8(name));
  edit->setPlaceholderText(QString::fromUtf8(hint));
  edit->setFont(theme::font());
  edit->setClearButtonEnabled(true);
  edit->setMaximumWidth(width);
  return edit;
}

} // namespace

TimelinePage::TimelinePage(const PageContext &context)
    : document_(context.document), immediate_(context.navigator == nullptr),
      view_(new TimelineView(context.document->trace)),
      search_(field("search", "search: words, -word, kind:kernel, /regex/", 420)),
      filter_(field("lanes", "only lanes named ...", 220)), hits_(new QLabel),
      scroll_(new QScrollBar(Qt::Vertical)), details_(new QTextBrowser), soon_(new QTimer(this)) {
  auto *bar = new QHBoxLayout;
  bar->setContentsMargins(8, 6, 8, 6);
  bar->setSpacing(8);
  bar->addWidget(search_, 3);
  bar->addWidget(hits_, 1);
  bar->addWidget(filter_, 2);
  hits_->setFont(theme::font(theme::TextSize::kSmall));
  hits_->setObjectName(QStringLiteral("hits"));

  auto *lanes = new QWidget;
  auto *row = new QHBoxLayout(lanes);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->addWidget(view_, 1);
  row->addWidget(scroll_);
  details_->setObjectName(QStringLiteral("selection"));
  details_->setAccessibleName(QStringLiteral("what the selection holds"));
  details_->setFont(theme::font());
  details_->setOpenLinks(false);
  details_->setFrameShape(QFrame::NoFrame);
  auto *splitter = new QSplitter(Qt::Vertical);
  splitter->addWidget(lanes);
  splitter->addWidget(details_);
  splitter->setChildrenCollapsible(false);
  splitter->setStretchFactor(0, 4);
  splitter->setStretchFactor(1, 1);
  splitter->setSizes({600, 170});
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addLayout(bar);
  layout->addWidget(splitter, 1);
  setFocusProxy(view_);

  soon_->setSingleShot(true);
  soon_->setInterval(kSettleMilliseconds);
  connect(soon_, &QTimer::timeout, this, [this] { describeSelection(); });
  view_->changed = [this] {
    scroll_->setRange(0, view_->scrollRange());
    scroll_->setPageStep(view_->height());
    scroll_->setValue(view_->state().scroll);
    if (immediate_)
      describeSelection();
    else
      soon_->start();
  };
  view_->selectionChanged = [this] { describeSelection(); };
  if (context.navigator != nullptr && context.navigator->showHistogram) {
    const auto show = context.navigator->showHistogram;
    view_->opened = [this, show](std::uint32_t slice) { show(view_->trace().nameOf(slice).text); };
  }
  connect(scroll_, &QScrollBar::valueChanged, view_, [this](int y) { view_->setScroll(y); });
  connect(search_, &QLineEdit::textChanged, this, [this](const QString &q) { runSearch(q); });
  connect(search_, &QLineEdit::returnPressed, this, [this] { view_->act("next-hit"); });
  connect(filter_, &QLineEdit::textChanged, view_,
          [this](const QString &text) { view_->setFilter(text.toStdString()); });
  placeMarks();
  if (context.range) view_->show(context.range->t0, context.range->t1);
  if (!context.select.empty()) search(QString::fromStdString(context.select));
  describeSelection();
}

TimelinePage::~TimelinePage() = default;

bool TimelinePage::act(std::string_view action) {
  if (action == "search") {
    search_->setFocus(Qt::ShortcutFocusReason);
    search_->selectAll();
    return true;
  }
  if (action == "filter-lanes") {
    filter_->setFocus(Qt::ShortcutFocusReason);
    filter_->selectAll();
    return true;
  }
  if (action == "next-occurrence" || action == "previous-occurrence") {
    if (finding_ == 0) {
      showFinding(1, 0);
      return true;
    }
    const auto &places = document_->models.places;
    if (static_cast<std::size_t>(finding_) > places.size()) return true;
    const int count = static_cast<int>(places[static_cast<std::size_t>(finding_ - 1)].size());
    if (count > 0)
      showFinding(finding_, (place_ + (action == "next-occurrence" ? 1 : count - 1)) % count);
    return true;
  }
  if (action == "clear") {
    search_->clear();
    finding_ = 0;
    placeMarks();
  }
  const bool done = view_->act(action);
  if (done && action == "clear") view_->setFocus();
  return done;
}

bool TimelinePage::update(const RunDocumentPtr &document) {
  const bool other = document->trace != document_->trace;
  document_ = document;
  if (other) view_->setTrace(document->trace);
  placeMarks();
  if (other && !search_->text().isEmpty()) runSearch(search_->text());
  describeSelection();
  return true;
}

void TimelinePage::placeMarks() {
  std::vector<TimelineMark> marks;
  const auto &places = document_->models.places;
  const Trace &trace = *document_->trace;
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (const EvidencePlace &place : places[i]) {
      const std::uint32_t slice = sliceOf(trace, place);
      if (slice == kNoSlice) continue;
      marks.push_back({trace.start[slice], trace.end(slice), slice, static_cast<int>(i + 1)});
    }
  }
  view_->setMarks(std::move(marks), finding_);
}

bool TimelinePage::showFinding(int finding, int place) {
  const auto &places = document_->models.places;
  if (finding < 1 || static_cast<std::size_t>(finding) > places.size()) return false;
  const auto &list = places[static_cast<std::size_t>(finding - 1)];
  if (place < 0 || static_cast<std::size_t>(place) >= list.size()) return false;
  const std::uint32_t slice = sliceOf(*document_->trace, list[static_cast<std::size_t>(place)]);
  finding_ = finding;
  place_ = place;
  if (slice == kNoSlice) return false;
  view_->setMarks(view_->state().marks, finding);
  view_->select(slice, true);
  return true;
}

void TimelinePage::showOnly(const std::string &name) {
  const Trace &trace = view_->trace();
  for (std::size_t i = 0; i < trace.names.size() && !name.empty(); ++i) {
    if (trace.names[i].text == name) {
      view_->setOnlyName(static_cast<std::uint32_t>(i));
      return;
    }
  }
  view_->setOnlyName(kNoSlice);
}

void TimelinePage::search(const QString &query) { search_->setText(query); }

void TimelinePage::showSlice(std::uint32_t slice) { view_->select(slice, true); }

void TimelinePage::showTime(std::int64_t t0, std::int64_t t1) { view_->show(t0, t1); }

void TimelinePage::runSearch(const QString &query) {
  const std::uint64_t turn = ++searches_; // what is still being counted is not wanted any more
  if (query.trimmed().isEmpty()) {
    view_->setSearch(nullptr);
    hits_->clear();
    return;
  }
  const auto found = Search::compile(view_->trace(), query.toStdString());
  if (!found) {
    hits_->setText(shown(found.error().message));
    view_->setSearch(nullptr);
    return;
  }
  const auto search = std::make_shared<const Search>(*found);
  view_->setSearch(search);
  if (immediate_ || view_->trace().size() <= kQuickToCount) {
    showHits(search->count(view_->trace()));
    return;
  }
  hits_->setText(QStringLiteral("counting ..."));
  inBackground([search, trace = document_->trace, page = QPointer<TimelinePage>(this), turn] {
    const std::uint64_t count = search->count(*trace);
    QMetaObject::invokeMethod(qApp, [page, count, turn] {
      if (page != nullptr && page->searches_ == turn) page->showHits(count);
    });
  });
}

void TimelinePage::showHits(std::uint64_t count) {
  hits_->setText(count == 0 ? QStringLiteral("no hit")
                            : QStringLiteral("%1 hits").arg(static_cast<qulonglong>(count)));
}

QString TimelinePage::details(std::size_t mostRows) const {
  const TimelineState &state = view_->state();
  const Trace &trace = view_->trace();
  if (trace.size() == 0) {
    return QStringLiteral(
        "This run holds no events: nothing was recorded between its start and its "
        "end.");
  }
  if (state.selected != kNoSlice) {
    std::string rows;
    for (const auto &[label, value] : sliceDetails(trace, state.selected))
      rows += label + "\t" + value + "\n";
    return QString::fromStdString(rows);
  }
  return view_->areaText(mostRows)();
}

void TimelinePage::describeSelection() {
  soon_->stop();
  const TimelineState &state = view_->state();
  const std::uint64_t turn = ++descriptions_;
  if (!immediate_ && state.selected == kNoSlice && view_->trace().size() > kQuickSlices) {
    // The page may be gone, or the selection another one, before it is done.
    inBackground([work = view_->areaText(kRowsShown), page = QPointer<TimelinePage>(this), turn] {
      const QString text = work();
      QMetaObject::invokeMethod(qApp, [page, text, turn] {
        if (page != nullptr && page->descriptions_ == turn)
          page->details_->setHtml(richTable(text, true));
      });
    });
    return;
  }
  details_->setHtml(richTable(details(kRowsShown), state.selected == kNoSlice));
  if (state.selected != kNoSlice) {
    view_->setAccessibleDescription(shown(sliceSummary(view_->trace(), state.selected)));
    QAccessibleValueChangeEvent event(view_, view_->accessibleDescription());
    QAccessible::updateAccessibility(&event);
  }
}

QString TimelinePage::text() const { return details(SIZE_MAX); }

QString TimelinePage::csv() const { return tabsToCsv(text()); }

QString TimelinePage::state() const {
  const TimelineState &state = view_->state();
  QJsonObject json;
  json["t0"] = QString::number(state.axis.t0());
  json["t1"] = QString::number(state.axis.t1());
  json["scroll"] = state.scroll;
  json["search"] = search_->text();
  json["lanes"] = filter_->text();
  const auto texts = [](const std::set<std::string> &set) {
    QJsonArray array;
    for (const std::string &text : set) array.append(QString::fromStdString(text));
    return array;
  };
  json["folded"] = texts(state.folded);
  json["pinned"] = texts(state.pinned);
  QJsonArray bookmarks;
  for (const std::int64_t time : state.bookmarks) bookmarks.append(QString::number(time));
  json["bookmarks"] = bookmarks;
  return QString::fromUtf8(QJsonDocument(json).toJson(QJsonDocument::Compact));
}

void TimelinePage::restore(const QString &text) {
  const QJsonObject json = QJsonDocument::fromJson(text.toUtf8()).object();
  if (json.isEmpty()) return;
  const auto texts = [](const QJsonValue &value) {
    std::set<std::string> set;
    for (const QJsonValue &item : value.toArray()) set.insert(item.toString().toStdString());
    return set;
  };
  view_->setFolded(texts(json["folded"]), texts(json["pinned"]));
  std::vector<std::int64_t> bookmarks;
  for (const QJsonValue &item : json["bookmarks"].toArray())
    bookmarks.push_back(item.toString().toLongLong());
  view_->setBookmarks(std::move(bookmarks));
  filter_->setText(json["lanes"].toString());
  search_->setText(json["search"].toString());
  const std::int64_t t0 = json["t0"].toString().toLongLong();
  const std::int64_t t1 = json["t1"].toString().toLongLong();
  if (t1 > t0) view_->show(t0, t1);
  view_->setScroll(json["scroll"].toInt());
}

QWidget *makeTimelinePage(const PageContext &context) { return new TimelinePage(context); }

} // namespace hotloop::gui
