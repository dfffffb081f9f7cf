#include "gui/pages/calltree/call_tree_model.h"

#include "gui/view/text.h"
#include "gui/widgets/flame_view.h"

namespace hotloop::gui {

CallTreeModel::CallTreeModel(RunDocumentPtr document, QObject *parent)
    : QAbstractItemModel(parent), document_(std::move(document)), rowOf_(tree().nodes.size()) {
  for (const CallNode &node : tree().nodes) {
    for (std::size_t i = 0; i < node.children.size(); ++i)
      rowOf_[node.children[i]] = static_cast<int>(i);
  }
}

std::uint32_t CallTreeModel::node(const QModelIndex &index) const {
  return index.isValid() ? static_cast<std::uint32_t>(index.internalId()) : 0;
}

QModelIndex CallTreeModel::indexOf(std::uint32_t node) const {
  return node == 0 ? QModelIndex() : createIndex(rowOf_[node], 0, quintptr{node});
}

QModelIndex CallTreeModel::index(int row, int column, const QModelIndex &parent) const {
  if (!hasIndex(row, column, parent)) return {};
  return createIndex(row, column,
                     quintptr{tree().nodes[node(parent)].children[static_cast<std::size_t>(row)]});
}

QModelIndex CallTreeModel::parent(const QModelIndex &index) const {
  if (!index.isValid()) return {};
  return indexOf(tree().nodes[node(index)].parent);
}

int CallTreeModel::rowCount(const QModelIndex &parent) const {
  if (tree().nodes.empty() || parent.column() > 0) return 0;
  return static_cast<int>(tree().nodes[node(parent)].children.size());
}

int CallTreeModel::columnCount(const QModelIndex &) const { return kColumnCount; }

QString CallTreeModel::cell(std::uint32_t index, int column) const {
  const CallNode &node = tree().nodes[index];
  const auto time = [](std::int64_t ns) {
    return flameText(static_cast<double>(ns), FlameMetric::kHost);
  };
  switch (column) {
  case kName: return shown(node.name);
  case kTotal: return time(node.total);
  case kSelf: return time(node.self);
  case kDevice: return node.device > 0 ? time(node.device) : QStringLiteral("–");
  case kCount: return QString::number(node.count);
  case kLaunches: return node.launches > 0 ? QString::number(node.launches) : QStringLiteral("–");
  case kBytes:
    return node.bytes > 0 ? flameText(static_cast<double>(node.bytes), FlameMetric::kBytes)
                          : QStringLiteral("–");
  default: return {};
  }
}

QVariant CallTreeModel::data(const QModelIndex &index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  if (role == Qt::DisplayRole || role == Qt::AccessibleTextRole || role == Qt::ToolTipRole)
    return cell(node(index), index.column());
  if (role == Qt::TextAlignmentRole)
    return QVariant(index.column() == kName ? Qt::AlignVCenter | Qt::AlignLeft
                                            : Qt::AlignVCenter | Qt::AlignRight);
  return {};
}

QVariant CallTreeModel::headerData(int section, Qt::Orientation orientation, int role) const {
  constexpr const char *kTitles[kColumnCount] = {"Path",  "Host",     "Self",     "Device",
                                                 "Count", "Launches", "Allocated"};
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumnCount) return {};
  if (role == Qt::DisplayRole) return QString::fromUtf8(kTitles[section]);
  if (role == Qt::TextAlignmentRole && section != kName)
    return QVariant(Qt::AlignVCenter | Qt::AlignRight);
  return {};
}

QString CallTreeModel::text(int depth) const {
  QString out;
  for (int column = 0; column < kColumnCount; ++column)
    out += (column == 0 ? QString() : QStringLiteral("\t")) +
           headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
  struct Entry {
    std::uint32_t node;
    int depth;
  };
  std::vector<Entry> open;
  const auto push = [&](std::uint32_t parent, int level) {
    const auto &children = tree().nodes[parent].children;
    for (auto it = children.rbegin(); it != children.rend(); ++it) open.push_back({*it, level});
  };
  if (!tree().nodes.empty()) push(0, 0);
  while (!open.empty()) {
    const Entry entry = open.back();
    open.pop_back();
    out += QLatin1Char('\n') + QString(entry.depth * 2, QLatin1Char(' '));
    for (int column = 0; column < kColumnCount; ++column)
      out += (column == 0 ? QString() : QStringLiteral("\t")) + cell(entry.node, column);
    if (entry.depth + 1 < depth) push(entry.node, entry.depth + 1);
  }
  return out + QLatin1Char('\n');
}

} // namespace hotloop::gui
