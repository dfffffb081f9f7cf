#include "gui/widgets/table_model.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QTableView>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/report/number_format.h"
#include "gui/view/text.h"
#include "gui/view/theme.h"

namespace hotloop::gui {
namespace {

constexpr int kRowHeight = 24;

// Enter opens a row; Qt's own signal comes only from an edit key on some platforms.
class Table : public QTableView {
public:
  std::function<void(int)> opened;

protected:
  void keyPressEvent(QKeyEvent *event) override {
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) &&
        currentIndex().isValid() && opened) {
      opened(currentIndex().row());
      return;
    }
    QTableView::keyPressEvent(event);
  }
};

} // namespace

TableModel::TableModel(std::vector<TableColumn> columns, QObject *parent)
    : QAbstractTableModel(parent), columns_(std::move(columns)) {}

void TableModel::setRows(std::vector<std::vector<TableCell>> rows) {
  setColumns(columns_, std::move(rows));
}

void TableModel::setColumns(std::vector<TableColumn> columns,
                            std::vector<std::vector<TableCell>> rows) {
  beginResetModel();
  columns_ = std::move(columns);
  rows_ = std::move(rows);
  for (auto &row : rows_) row.resize(columns_.size());
  order_.resize(rows_.size());
  std::iota(order_.begin(), order_.end(), 0);
  endResetModel();
}

int TableModel::rowCount(const QModelIndex &parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int TableModel::columnCount(const QModelIndex &parent) const {
  return parent.isValid() ? 0 : static_cast<int>(columns_.size());
}

const TableCell &TableModel::cell(int row, int column) const {
  return rows_[static_cast<std::size_t>(source(row))][static_cast<std::size_t>(column)];
}

QVariant TableModel::data(const QModelIndex &index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const TableCell &at = cell(index.row(), index.column());
  switch (role) {
  case Qt::DisplayRole:
  case Qt::AccessibleTextRole: return at.text;
  case Qt::ToolTipRole: return at.tooltip.isEmpty() ? at.text : at.tooltip;
  case Qt::TextAlignmentRole:
    return QVariant(columns_[static_cast<std::size_t>(index.column())].number
                        ? Qt::AlignVCenter | Qt::AlignRight
                        : Qt::AlignVCenter | Qt::AlignLeft);
  case Qt::ForegroundRole: return at.color.isValid() ? QVariant(at.color) : QVariant();
  default: return {};
  }
}

QVariant TableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
  const TableColumn &column = columns_[static_cast<std::size_t>(section)];
  switch (role) {
  case Qt::DisplayRole: return column.title;
  case Qt::ToolTipRole: return column.help;
  case Qt::TextAlignmentRole:
    return QVariant(column.number ? Qt::AlignVCenter | Qt::AlignRight
                                  : Qt::AlignVCenter | Qt::AlignLeft);
  default: return {};
  }
}

void TableModel::sort(int column, Qt::SortOrder order) {
  if (column < 0 || column >= columnCount()) return;
  emit layoutAboutToBeChanged();
  const QModelIndexList before = persistentIndexList();
  const std::vector<int> old = order_;
  const auto place = static_cast<std::size_t>(column);
  const bool number = columns_[place].number;
  std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) {
    const TableCell &left = rows_[static_cast<std::size_t>(a)][place];
    const TableCell &right = rows_[static_cast<std::size_t>(b)][place];
    if (!number)
      return order == Qt::AscendingOrder ? left.text < right.text : right.text < left.text;
    // NaN last, whichever way.
    if (std::isnan(left.value) || std::isnan(right.value))
      return !std::isnan(left.value) && std::isnan(right.value);
    return order == Qt::AscendingOrder ? left.value < right.value : right.value < left.value;
  });
  std::vector<int> rowOf(order_.size());
  for (std::size_t i = 0; i < order_.size(); ++i)
    rowOf[static_cast<std::size_t>(order_[i])] = static_cast<int>(i);
  QModelIndexList after;
  for (const QModelIndex &index : before) {
    const int row = rowOf[static_cast<std::size_t>(old[static_cast<std::size_t>(index.row())])];
    after.append(createIndex(row, index.column()));
  }
  changePersistentIndexList(before, after);
  emit layoutChanged();
}

QString TableModel::text() const {
  if (columns_.empty()) return {};
  QString out;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    out += (i == 0 ? QString() : QStringLiteral("\t")) + columns_[i].title;
  out += QLatin1Char('\n');
  for (const int row : order_) {
    const auto &cells = rows_[static_cast<std::size_t>(row)];
    for (std::size_t i = 0; i < cells.size(); ++i)
      out += (i == 0 ? QString() : QStringLiteral("\t")) + cells[i].text;
    out += QLatin1Char('\n');
  }
  return out;
}

QTableView *makeTable(TableModel *model, const QString &name, std::function<void(int)> chosen,
                      std::function<void(int)> opened) {
  auto *table = new Table;
  table->setObjectName(name);
  table->setAccessibleName(name);
  table->setModel(model);
  table->setFont(theme::font());
  table->setAlternatingRowColors(true);
  table->setShowGrid(false);
  table->setWordWrap(false);
  table->setTabKeyNavigation(false); // Tab leaves the table
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->setSelectionMode(QAbstractItemView::SingleSelection);
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table->verticalHeader()->hide();
  table->verticalHeader()->setDefaultSectionSize(kRowHeight);
  QHeaderView *header = table->horizontalHeader();
  header->setHighlightSections(false);
  header->setSortIndicator(-1, Qt::DescendingOrder);
  table->setSortingEnabled(true);
  const auto size = [table, model, header] {
    for (std::size_t i = 0; i < model->columns().size(); ++i) {
      const int section = static_cast<int>(i);
      const int width = model->columns()[i].width;
      header->setSectionResizeMode(section,
                                   width > 0 ? QHeaderView::Interactive : QHeaderView::Stretch);
      if (width > 0) table->setColumnWidth(section, width);
    }
  };
  size();
  QObject::connect(model, &QAbstractItemModel::modelReset, table, size);
  if (chosen) {
    QObject::connect(table->selectionModel(), &QItemSelectionModel::currentRowChanged, table,
                     [model, chosen](const QModelIndex &now) {
                       chosen(now.isValid() ? model->source(now.row()) : -1);
                     });
  }
  if (opened) {
    table->opened = [model, opened](int row) { opened(model->source(row)); };
    QObject::connect(table, &QAbstractItemView::doubleClicked, table,
                     [model, opened](const QModelIndex &at) { opened(model->source(at.row())); });
  }
  return table;
}

TableCell textCell(const QString &text, const QString &tooltip) { return {text, 0, tooltip, {}}; }

TableCell timeCell(double nanoseconds) {
  return {shown(formatDuration(Nanoseconds(std::llround(nanoseconds)))), nanoseconds, {}, {}};
}

TableCell countCell(double count) { return {shown(formatCount(count)), count, {}, {}}; }

TableCell bytesCell(double bytes) { return {shown(formatBytes(bytes)), bytes, {}, {}}; }

TableCell shareCell(double share) {
  return {QString::number(share * 100, 'f', 1) + QStringLiteral(" %"), share, {}, {}};
}

} // namespace hotloop::gui
