#pragma once

#include <QAbstractTableModel>
#include <QColor>
#include <QString>
#include <functional>
#include <vector>

class QTableView;

namespace hotloop::gui {

struct TableColumn {
  QString title;
  QString help;        // tooltip of the header
  bool number = false; // right-aligned, sorted by value, greatest first
  int width = 100;     // pixels; 0: takes what is left
};

struct TableCell {
  QString text;
  double value = 0; // what numbers sort by
  QString tooltip;
  QColor color; // invalid: that of the text
};

// Rows of cells, sortable. Small tables: at most some ten thousand rows, the caller cuts.
class TableModel : public QAbstractTableModel {
public:
  TableModel(std::vector<TableColumn> columns, QObject *parent = nullptr);
  void setRows(std::vector<std::vector<TableCell>> rows);
  void setColumns(std::vector<TableColumn> columns, std::vector<std::vector<TableCell>> rows);

  int rowCount(const QModelIndex &parent = {}) const override;
  int columnCount(const QModelIndex &parent = {}) const override;
  QVariant data(const QModelIndex &index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  void sort(int column, Qt::SortOrder order) override;

  // Which of the rows that were set stands at `row` now.
  int source(int row) const { return order_[static_cast<std::size_t>(row)]; }
  const std::vector<TableColumn> &columns() const { return columns_; }
  // Header and rows as they stand, cells separated by tabs.
  QString text() const;

private:
  const TableCell &cell(int row, int column) const;

  std::vector<TableColumn> columns_;
  std::vector<std::vector<TableCell>> rows_;
  std::vector<int> order_;
};

// A view in the house's style over `model`, which stays with its owner. `chosen` is called with the
// source row that became current (-1: none), `opened` on Enter and double click.
QTableView *makeTable(TableModel *model, const QString &name, std::function<void(int)> chosen,
                      std::function<void(int)> opened);

TableCell textCell(const QString &text, const QString &tooltip = {});
TableCell timeCell(double nanoseconds);
TableCell countCell(double count);
TableCell bytesCell(double bytes);
TableCell shareCell(double share); // 0.25: "25.0 %"

} // namespace hotloop::gui
