#pragma once

#include <cstdint>
#include <memory>

#include "gui/pages/page.h"

class QLabel;
class QLineEdit;
class QScrollBar;
class QTextBrowser;
class QTimer;

namespace hotloop::gui {

class TimelineView;

// The timeline with its search field and, below, what the selection holds.
class TimelinePage : public Page {
public:
  explicit TimelinePage(const PageContext &context);
  ~TimelinePage() override;

  bool act(std::string_view action) override;
  bool update(const RunDocumentPtr &document) override;
  QString text() const override;
  QString csv() const override;
  QString state() const override;
  void restore(const QString &state) override;

  TimelineView &view() { return *view_; }
  // Frames an occurrence (from 0) of a finding (rank from 1); false when it is not on the timeline.
  bool showFinding(int finding, int place);
  // Only slices of this name; empty: all.
  void showOnly(const std::string &name);
  void search(const QString &query);
  void showSlice(std::uint32_t slice);
  void showTime(std::int64_t t0, std::int64_t t1);

private:
  void describeSelection();
  void placeMarks();
  void runSearch(const QString &query);
  void showHits(std::uint64_t count);
  QString details(std::size_t mostRows) const;

  RunDocumentPtr document_;
  bool immediate_; // no event loop to wait in: a picture
  TimelineView *view_;
  QLineEdit *search_;
  QLineEdit *filter_;
  QLabel *hits_;
  QScrollBar *scroll_;
  QTextBrowser *details_;
  QTimer *soon_;
  int finding_ = 0;
  int place_ = 0;
  std::uint64_t descriptions_ = 0, searches_ = 0; // begun so far
};

QWidget *makeTimelinePage(const PageContext &context);

} // namespace hotloop::gui
