#include "gui/pages/sql/sql_page.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTableView>
#include <QThreadPool>
#include <QVBoxLayout>
#include <cmath>
#include <memory>
#include <mutex>

#include "core/store/database.h"
#include "gui/view/text.h"
#include "gui/view/theme.h"
#include "gui/widgets/background.h"
#include "gui/widgets/labels.h"
#include "gui/widgets/rich_table.h"
#include "gui/widgets/table_model.h"

namespace hotloop::gui {
namespace {

constexpr std::size_t kMostRows = 10'000;

constexpr std::pair<const char *, const char *> kExamples[] = {
    {"operators by time",
     "SELECT string.text AS operator, count(*) AS count, sum(duration) / 1e6 AS total_ms\n"
     "FROM op JOIN string ON string.id = op.name\nGROUP BY op.name ORDER BY total_ms DESC LIMIT "
     "100"},
    {"the longest slices",
     "SELECT op.rowid AS row, string.text AS operator, start, duration\n"
     "FROM op JOIN string ON string.id = op.name ORDER BY duration DESC LIMIT 50"},
    {"kernels by time",
     "SELECT string.text AS kernel, count(*) AS count, sum(duration) / 1e6 AS total_ms\n"
     "FROM kernel JOIN string ON string.id = kernel.name\n"
     "GROUP BY kernel.name ORDER BY total_ms DESC LIMIT 100"},
    {"steps", "SELECT number, start, duration / 1e6 AS ms, steady FROM step ORDER BY start"},
    {"what the file holds", "SELECT name, sql FROM sqlite_schema WHERE type = 'table'"},
};

// The connection that a query runs on, so that another thread can interrupt it.
struct Running {
  std::mutex mutex;
  Database *database = nullptr;
  bool cancelled = false;
};

class SqlPage : public Page {
public:
  explicit SqlPage(const PageContext &context)
      : document_(context.document), navigator_(context.navigator), edit_(new QPlainTextEdit),
        run_(new QPushButton(QStringLiteral("Run  (Ctrl+Return)"))), examples_(new QComboBox),
        status_(makeLabel({}, theme::font(theme::TextSize::kSmall))),
        model_(new TableModel({}, this)) {
    jobs_.setMaxThreadCount(1);
    edit_->setObjectName(QStringLiteral("statement"));
    edit_->setAccessibleName(QStringLiteral("SQL statement"));
    edit_->setFont(theme::codeFont());
    edit_->setTabChangesFocus(true);
    edit_->setPlainText(QString::fromUtf8(kExamples[0].second));
    edit_->installEventFilter(this);
    for (const auto &[title, sql] : kExamples) examples_->addItem(QString::fromUtf8(title));
    examples_->setAccessibleName(QStringLiteral("examples"));
    auto *bar = new QHBoxLayout;
    bar->addWidget(run_);
    bar->addWidget(examples_);
    bar->addWidget(status_, 1);
    auto *upper = new QWidget;
    auto *rows = new QVBoxLayout(upper);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->addWidget(edit_, 1);
    rows->addLayout(bar);
    auto *table = makeTable(model_, QStringLiteral("rows"), {}, [this](int row) { jump(row); });
    auto *splitter = new QSplitter(Qt::Vertical);
    splitter->addWidget(upper);
    splitter->addWidget(table);
    splitter->setChildrenCollapsible(false);
    splitter->setSizes({180, 500});
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->addWidget(splitter);
    setFocusProxy(edit_);
    connect(run_, &QPushButton::clicked, this, [this] {
      if (running_)
        cancel();
      else
        start();
    });
    connect(examples_, &QComboBox::activated, this, [this](int index) {
      edit_->setPlainText(QString::fromUtf8(kExamples[index].second));
      start();
    });
    if (context.navigator == nullptr) { // a picture: no event loop to wait in
      auto database = Database::open(document_->path);
      if (database)
        show(database->query(edit_->toPlainText().toStdString(), kMostRows));
      else
        status_->setText(shown(database.error().message));
    }
  }
  ~SqlPage() override {
    cancel();
    jobs_.waitForDone();
  }

  QString text() const override { return model_->text(); }
  QString csv() const override { return tabsToCsv(model_->text()); }
  QString state() const override { return edit_->toPlainText(); }
  void restore(const QString &statement) override { edit_->setPlainText(statement); }

protected:
  bool eventFilter(QObject *object, QEvent *event) override {
    if (event->type() == QEvent::KeyPress) {
      const auto *key = static_cast<QKeyEvent *>(event);
      if ((key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) &&
          (key->modifiers() & Qt::ControlModifier)) {
        start();
        return true;
      }
      if (key->key() == Qt::Key_Escape && running_) {
        cancel();
        return true;
      }
    }
    return Page::eventFilter(object, event);
  }

private:
  void start() {
    cancel();
    const std::string sql = edit_->toPlainText().toStdString();
    auto running = std::make_shared<Running>();
    running_ = running;
    run_->setText(QStringLiteral("Cancel  (Esc)"));
    status_->setText(QStringLiteral("running ..."));
    inBackground(jobs_, [this, running, sql, path = document_->path] {
      auto result = std::make_shared<Result<Database::Table>>(query(*running, path, sql));
      QMetaObject::invokeMethod(this, [this, running, result] {
        if (running != running_) return; // another one was started meanwhile
        running_.reset();
        run_->setText(QStringLiteral("Run  (Ctrl+Return)"));
        show(*result);
      });
    });
  }

  static Result<Database::Table> query(Running &running, const std::string &path,
                                       const std::string &sql) {
    HOTLOOP_ASSIGN(Database database, Database::open(path));
    {
      const std::lock_guard lock(running.mutex);
      if (running.cancelled) return Unexpected(Error{ErrorKind::kBusy, "the query was cancelled"});
      running.database = &database;
    }
    auto table = database.query(sql, kMostRows);
    const std::lock_guard lock(running.mutex);
    running.database = nullptr;
    return table;
  }

  void cancel() {
    if (!running_) return;
    const std::lock_guard lock(running_->mutex);
    running_->cancelled = true;
    if (running_->database != nullptr) running_->database->interrupt();
  }

  void show(const Result<Database::Table> &result) {
    if (!result) {
      status_->setText(shown(result.error().message));
      model_->setColumns({}, {});
      return;
    }
    std::vector<TableColumn> columns;
    for (std::size_t i = 0; i < result->columns.size(); ++i) {
      bool number = !result->rows.empty();
      for (const auto &row : result->rows)
        number = number && !std::holds_alternative<std::string>(row[i]);
      const bool wide = i == 0 && !number;
      columns.push_back({shown(result->columns[i]), {}, number, wide ? 0 : 130});
    }
    std::vector<std::vector<TableCell>> rows;
    for (const auto &row : result->rows) {
      std::vector<TableCell> cells;
      for (const Database::Cell &cell : row) cells.push_back(asCell(cell));
      rows.push_back(std::move(cells));
    }
    status_->setText(result->cut ? QStringLiteral("the first %1 rows").arg(kMostRows)
                                 : QStringLiteral("%1 rows").arg(result->rows.size()));
    model_->setColumns(std::move(columns), std::move(rows));
  }

  static TableCell asCell(const Database::Cell &cell) {
    if (const auto *integer = std::get_if<std::int64_t>(&cell))
      return {QString::number(*integer), static_cast<double>(*integer), {}, {}};
    if (const auto *real = std::get_if<double>(&cell))
      return {QString::number(*real, 'g', 8), *real, {}, {}};
    if (const auto *text = std::get_if<std::string>(&cell))
      return textCell(shown(text->substr(0, 2000)));
    return {QStringLiteral("NULL"), std::nan(""), {}, theme::dimText()};
  }

  // A row with `start` goes to that time on the timeline.
  void jump(int row) {
    if (row < 0 || navigator_ == nullptr || !navigator_->showTime) return;
    std::int64_t start = -1;
    std::int64_t duration = 1000;
    for (std::size_t i = 0; i < model_->columns().size(); ++i) {
      const QString value = model_->index(row, static_cast<int>(i)).data().toString();
      if (model_->columns()[i].title == QStringLiteral("start")) start = value.toLongLong();
      if (model_->columns()[i].title == QStringLiteral("duration")) duration = value.toLongLong();
    }
    if (start < 0) {
      if (navigator_->say)
        navigator_->say(QStringLiteral("a row with a column `start` can be shown on the timeline"));
      return;
    }
    const std::int64_t from = start - document_->trace->origin;
    navigator_->showTime(from - duration, from + 2 * duration);
  }

  RunDocumentPtr document_;
  const Navigator *navigator_;
  QPlainTextEdit *edit_;
  QPushButton *run_;
  QComboBox *examples_;
  QLabel *status_;
  TableModel *model_;
  std::shared_ptr<Running> running_;
  QThreadPool jobs_;
};

} // namespace

QWidget *makeSqlPage(const PageContext &context) { return new SqlPage(context); }

} // namespace hotloop::gui
