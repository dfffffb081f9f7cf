#pragma once

#include <QString>
#include <QWidget>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gui/data/run_document.h"
#include "gui/data/time_range.h"

namespace hotloop::gui {

// What pages ask of the window around them. Empty functions where there is none (a picture).
struct Navigator {
  // Frames occurrence `place` of a finding (rank from 1) on the timeline.
  std::function<void(int finding, int place)> showFinding;
  std::function<void(std::uint32_t slice)> showSlice;
  std::function<void(std::int64_t t0, std::int64_t t1)> showTime;
  // Slices of this name: their histogram, or only they on the timeline.
  std::function<void(const std::string &name)> showHistogram;
  std::function<void(const std::string &file, std::uint32_t line)> showSource;
  std::function<void(const QString &sentence)> say; // in the status bar
};

// What a page is made of. Documents are those that are open; the page is about `document`.
struct PageContext {
  RunDocumentPtr document;
  std::vector<RunDocumentPtr> all; // for comparisons; the first is the baseline
  const Navigator *navigator = nullptr;
  std::optional<TimeRange> range; // to begin with
  std::string select;             // name, file or site to begin with; may be empty
};

// One way to look at a run. Shows something, and says why where it has nothing.
class Page : public QWidget {
public:
  using QWidget::QWidget;
  // Does an action of the registry, by id; false when it is not the page's.
  virtual bool act(std::string_view) { return false; }
  // The same run, known better: the rest of its events, or its analysis. False: make the page anew.
  virtual bool update(const RunDocumentPtr &) { return false; }
  // For the clipboard and files; tables give columns separated by tabs or commas.
  virtual QString text() const { return {}; }
  virtual QString csv() const { return {}; }
  // What the sidecar keeps, as a line of text.
  virtual QString state() const { return {}; }
  virtual void restore(const QString &) {}
};

} // namespace hotloop::gui
