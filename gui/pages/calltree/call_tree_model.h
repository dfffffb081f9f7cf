#pragma once

#include <QAbstractItemModel>

#include "gui/data/run_document.h"

namespace hotloop::gui {

// The call tree of a run as rows below rows.
class CallTreeModel : public QAbstractItemModel {
public:
  enum Column { kName, kTotal, kSelf, kDevice, kCount, kLaunches, kBytes, kColumnCount };

  explicit CallTreeModel(RunDocumentPtr document, QObject *parent = nullptr);

  QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
  QModelIndex parent(const QModelIndex &index) const override;
  int rowCount(const QModelIndex &parent = {}) const override;
  int columnCount(const QModelIndex &parent = {}) const override;
  QVariant data(const QModelIndex &index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  std::uint32_t node(const QModelIndex &index) const; // 0 for the invalid index
  QModelIndex indexOf(std::uint32_t node) const;
  // Rows down to `depth`, indented, cells separated by tabs.
  QString text(int depth) const;

private:
  QString cell(std::uint32_t node, int column) const;
  const CallTree &tree() const { return document_->models.callTree; }

  RunDocumentPtr document_;
  std::vector<int> rowOf_; // among its siblings
};

} // namespace hotloop::gui
