#pragma once

#include <QAbstractTableModel>

#include "gui/data/run_document.h"

namespace hotloop::gui {

// The findings of a run as rows, most valuable first, then those whose gain the run cannot tell
// ("?"), then those that are not worth it ("–"); the two last kinds are dim. Immutable.
class FindingsModel : public QAbstractTableModel {
public:
  enum Column {
    kRank,
    kRule,
    kTitle,
    kSite,
    kPerStep,
    kFelt,
    kGain,
    kHostTime,
    kFix,
    kColumnCount
  };

  explicit FindingsModel(RunDocumentPtr document, QObject *parent = nullptr);

  int rowCount(const QModelIndex &parent = {}) const override;
  int columnCount(const QModelIndex &parent = {}) const override;
  QVariant data(const QModelIndex &index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  const Finding &finding(int row) const; // row < rowCount()
  bool worthIt(int row) const;           // the rest are below
  bool unresolved(int row) const;        // less than the run can tell
  // Everything about one finding, as rich text.
  QString details(int row) const;

private:
  QString text(int row, int column) const;

  RunDocumentPtr document_;
};

} // namespace hotloop::gui
