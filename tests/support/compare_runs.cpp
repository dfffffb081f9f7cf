#include "tests/support/compare_runs.h"

#include <cmath>
#include <map>

#include "core/trace/meta_keys.h"
#include "core/trace/table_rows.h"

namespace hotloop::test_support {

namespace {

template <class Cell>
bool same(const TraceView &left, const Cell &a, const TraceView &right, const Cell &b) {
  if constexpr (std::is_same_v<Cell, StringId>)
    return left.text(a) == right.text(b);
  else if constexpr (std::is_floating_point_v<Cell>)
    return a == b || (std::isnan(a) && std::isnan(b));
  else
    return a == b;
}

template <class Table> std::string tableDifference(const TraceView &left, const TraceView &right) {
  const auto &a = left->columns<Table>();
  const auto &b = right->columns<Table>();
  const std::size_t rows = rowCount<Table>(a);
  const std::string table(Table::kInfo.name);
  if (rows != rowCount<Table>(b))
    return table + ": " + std::to_string(rows) + " rows against " +
           std::to_string(rowCount<Table>(b));
  std::string difference;
  Table::template columns<Column>([&](auto member, const ColumnInfo &info) {
    using Cell = typename std::decay_t<decltype(a.*member)>::value_type;
    for (std::size_t i = 0; i < rows && difference.empty(); ++i)
      if (!same<Cell>(left, (a.*member)[i], right, (b.*member)[i]))
        difference = table + "." + std::string(info.name) + " differs in row " + std::to_string(i);
  });
  return difference;
}

} // namespace

std::string differenceOf(const TraceView &left, const TraceView &right) {
  auto leftMeta = left->meta;
  auto rightMeta = right->meta;
  for (const std::string_view key :
       {meta_key::kState, meta_key::kRecorderPid, meta_key::kRecorderStart, meta_key::kBootId}) {
    leftMeta.erase(std::string(key));
    rightMeta.erase(std::string(key));
  }
  if (leftMeta != rightMeta) return "meta differs";
  std::string difference;
  AllTables::forEach([&]<class Table>() {
    if (difference.empty()) difference = tableDifference<Table>(left, right);
  });
  return difference;
}

} // namespace hotloop::test_support
