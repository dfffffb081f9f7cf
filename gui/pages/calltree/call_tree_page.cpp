#include "gui/pages/calltree/call_tree_page.h"

#include <QHeaderView>
#include <QSplitter>
#include <QTreeView>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>
#include <vector>

#include "gui/pages/calltree/call_tree_model.h"
#include "gui/view/theme.h"
#include "gui/widgets/flame_view.h"
#include "gui/widgets/labels.h"
#include "gui/widgets/rich_table.h"

namespace hotloop::gui {
namespace {

constexpr int kTextDepth = 12;
constexpr int kOpenDepth = 4;              // of the tree at first
constexpr std::size_t kMostOpened = 4000;  // rows that are shown by opening
constexpr std::size_t kOpenedOfMany = 100; // rows that are opened where there are more

// Opens rows level by level, the dearest of each first, down to kOpenDepth. A view moves all rows
// below one that opens, so trees of very many threads or operators are opened in part.
void openUpper(QTreeView &tree) {
  const QAbstractItemModel &model = *tree.model();
  std::vector<std::pair<QModelIndex, int>> rows{{QModelIndex(), -1}};
  for (std::size_t i = 0; i < rows.size() && rows.size() <= kMostOpened; ++i) {
    const auto [index, depth] = rows[i];
    if (depth > kOpenDepth) break;
    const int count = std::min(model.rowCount(index), static_cast<int>(kMostOpened));
    for (int row = 0; row < count; ++row) rows.emplace_back(model.index(row, 0, index), depth + 1);
  }
  if (rows.size() <= kMostOpened) {
    tree.expandToDepth(kOpenDepth);
    return;
  }
  for (std::size_t i = 1; i < kOpenedOfMany; ++i) tree.expand(rows[i].first);
}

class CallTreePage : public Page {
public:
  CallTreePage(const PageContext &context, bool withTree)
      : document_(context.document), model_(new CallTreeModel(document_, this)) {
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    if (document_->models.callTree.nodes.size() <= 1) {
      layout->addWidget(makeEmpty(QStringLiteral(
          "No operator, range or call is on record, so there are no paths to show.")));
      return;
    }
    flame_ = new FlameView;
    flame_->setTree(&document_->models.callTree);
    if (context.select == "device") flame_->setMetric(FlameMetric::kDevice);
    if (context.select == "launches") flame_->setMetric(FlameMetric::kLaunches);
    if (context.select == "bytes") flame_->setMetric(FlameMetric::kBytes);
    if (!withTree) {
      layout->addWidget(flame_);
      setFocusProxy(flame_);
      return;
    }
    tree_ = new QTreeView;
    tree_->setObjectName(QStringLiteral("calltree"));
    tree_->setAccessibleName(QStringLiteral("call tree"));
    tree_->setModel(model_);
    tree_->setFont(theme::font());
    tree_->setUniformRowHeights(true);
    tree_->setAlternatingRowColors(true);
    tree_->header()->setStretchLastSection(false);
    tree_->header()->setSectionResizeMode(CallTreeModel::kName, QHeaderView::Stretch);
    for (int column = 1; column < CallTreeModel::kColumnCount; ++column)
      tree_->setColumnWidth(column, 92);
    openUpper(*tree_);
    auto *splitter = new QSplitter(Qt::Vertical);
    splitter->addWidget(tree_);
    splitter->addWidget(flame_);
    splitter->setChildrenCollapsible(false);
    splitter->setSizes({440, 340});
    layout->addWidget(splitter);
    setFocusProxy(tree_);
    // Else the focus makes the first row current, and the graph would jump to it.
    tree_->selectionModel()->setCurrentIndex(model_->index(0, 0), QItemSelectionModel::NoUpdate);
    connect(tree_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex &now) { flame_->zoomTo(model_->node(now)); });
    flame_->chosen = [this](std::uint32_t node) {
      const QModelIndex index = model_->indexOf(node);
      tree_->scrollTo(index);
      const QSignalBlocker quiet(tree_->selectionModel()); // the graph has moved by itself
      tree_->setCurrentIndex(index);
      tree_->viewport()->update();
    };
  }

  bool act(std::string_view action) override {
    if (flame_ == nullptr) return false;
    if (action == "next-metric") {
      flame_->setMetric(static_cast<FlameMetric>((static_cast<int>(flame_->metric()) + 1) % 4));
      return true;
    }
    if (action == "fit" || action == "clear") {
      flame_->zoomTo(0);
      return true;
    }
    return false;
  }
  QString text() const override { return model_->text(kTextDepth); }
  QString csv() const override { return tabsToCsv(text()); }

private:
  RunDocumentPtr document_;
  CallTreeModel *model_;
  QTreeView *tree_ = nullptr;
  FlameView *flame_ = nullptr;
};

} // namespace

QWidget *makeCallTreePage(const PageContext &context) { return new CallTreePage(context, true); }
QWidget *makeFlamePage(const PageContext &context) { return new CallTreePage(context, false); }

} // namespace hotloop::gui
