#include "core/trace/normalise.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "core/base/stop.h"
#include "core/trace/event_order.h"
#include "core/trace/table_rows.h"

namespace hotloop {

namespace {

// Ids are handed out one after the other; far beyond the number of rows they are damage.
constexpr std::uint64_t kSpareIds = 1u << 20;

template <class Table> Result<void> makeDense(ColumnsOf<Table> &columns) {
  const std::size_t rows = columns.id.size();
  std::uint64_t last = 0;
  bool dense = true;
  for (std::size_t i = 0; i < rows; ++i) {
    last = std::max<std::uint64_t>(last, columns.id[i].value);
    dense = dense && columns.id[i].value == i + 1;
  }
  if (dense) return {};
  if (last > rows * 4 + kSpareIds)
    return Unexpected(corrupt("The run is damaged: table " + std::string(Table::kInfo.name) +
                              " has an id of " + std::to_string(last) + " in " +
                              std::to_string(rows) + " rows; record or import it again"));
  std::vector<std::size_t> rowOfId(last, rows);
  for (std::size_t i = 0; i < rows; ++i)
    if (columns.id[i]) rowOfId[columns.id[i].value - 1] = i;
  Table::template columns<Column>([&](auto member, const ColumnInfo &) {
    auto &column = columns.*member;
    using Cells = std::remove_reference_t<decltype(column)>;
    Cells placed;
    placed.reserve(last);
    for (std::size_t i = 0; i < last; ++i)
      placed.push_back(rowOfId[i] < rows ? column[rowOfId[i]] : typename Cells::value_type());
    column = std::move(placed);
  });
  return {};
}

void sortGraphNodes(GraphNodeColumns &nodes) {
  std::vector<std::uint32_t> order(nodes.id.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return nodes.id[i]; });
  std::vector<std::uint32_t> kept;
  for (std::size_t i = 0; i < order.size(); ++i)
    if (i + 1 == order.size() || nodes.id[order[i]] != nodes.id[order[i + 1]])
      kept.push_back(order[i]);
  reorder<GraphNodeTable>(nodes, kept);
}

template <class Tag> std::size_t idLimit(const TraceData &data) {
  if constexpr (std::is_same_v<Tag, StringTag>)
    return data.strings.size() - 1;
  else if constexpr (std::is_same_v<Tag, ProcessTag>)
    return data.processes.id.size();
  else if constexpr (std::is_same_v<Tag, ThreadTag>)
    return data.threads.id.size();
  else if constexpr (std::is_same_v<Tag, DeviceTag>)
    return data.devices.id.size();
  else if constexpr (std::is_same_v<Tag, StreamTag>)
    return data.streams.id.size();
  else if constexpr (std::is_same_v<Tag, FrameTag>)
    return data.frames.id.size();
  else if constexpr (std::is_same_v<Tag, StackTag>)
    return data.stacks.id.size();
  else {
    static_assert(std::is_same_v<Tag, StepTag>);
    return data.steps.start.size();
  }
}

template <class Tag> std::int64_t clearDangling(const TraceData &data, Column<Id<Tag>> &column) {
  const std::size_t limit = idLimit<Tag>(data);
  std::int64_t cleared = 0;
  column.change([&](Id<Tag> &id, std::size_t) {
    if (id.value <= limit) return;
    id = Id<Tag>();
    ++cleared;
  });
  return cleared;
}
template <class Cell> std::int64_t clearDangling(const TraceData &, Column<Cell> &) { return 0; }

// Cuts each chain of parents where it comes back to itself. Ids are in range already.
template <class Tag> std::int64_t cutCycles(Column<Id<Tag>> &parents) {
  enum : std::uint8_t { kNew, kOpen, kDone };
  std::vector<std::uint8_t> mark(parents.size(), kNew);
  std::vector<std::size_t> path;
  std::int64_t cut = 0;
  for (std::size_t first = 0; first < parents.size(); ++first) {
    path.clear();
    for (std::size_t node = first; mark[node] == kNew;) {
      mark[node] = kOpen;
      path.push_back(node);
      if (!parents[node]) break;
      const std::size_t next = parents[node].value - 1;
      if (mark[next] == kOpen) {
        parents.set(node, Id<Tag>());
        ++cut;
        break;
      }
      node = next;
    }
    for (const std::size_t node : path) mark[node] = kDone;
  }
  return cut;
}

void renumberEvidence(TraceData &data, std::string_view table,
                      const std::vector<std::uint32_t> &newRow) {
  const StringId name = data.strings.find(table);
  data.evidence.row.change([&](std::int64_t &row, std::size_t i) {
    if (data.evidence.table[i] != name) return;
    const bool known = row >= 1 && row <= static_cast<std::int64_t>(newRow.size());
    row = known ? newRow[static_cast<std::size_t>(row - 1)] + 1 : 0;
  });
}

template <class Table> void sortTable(TraceData &data) {
  auto &columns = data.columns<Table>();
  const std::vector<std::uint32_t> order = eventOrder<Table>(columns);
  if (order.empty()) return; // in order already
  reorder<Table>(columns, order);
  constexpr bool isStep = std::is_same_v<Table, StepTable>;
  if (data.evidence.row.empty() && !(isStep && !data.stepCounters.step.empty())) return;
  std::vector<std::uint32_t> newRow(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) newRow[order[i]] = i;
  renumberEvidence(data, Table::kInfo.name, newRow);
  if constexpr (isStep) {
    data.stepCounters.step.change([&](std::uint32_t &step, std::size_t) {
      if (step >= 1 && step <= newRow.size()) step = newRow[step - 1] + 1;
    });
  }
}

} // namespace

Result<NormaliseCounts> normalise(TraceData &data) {
  HOTLOOP_TRY(makeDense<ProcessTable>(data.processes));
  HOTLOOP_TRY(makeDense<ThreadTable>(data.threads));
  HOTLOOP_TRY(makeDense<DeviceTable>(data.devices));
  HOTLOOP_TRY(makeDense<StreamTable>(data.streams));
  HOTLOOP_TRY(makeDense<FrameTable>(data.frames));
  HOTLOOP_TRY(makeDense<StackTable>(data.stacks));
  sortGraphNodes(data.graphNodes);

  NormaliseCounts counts;
  AllTables::forEach([&]<class Table>() {
    stopPoint();
    auto &columns = data.columns<Table>();
    Table::template columns<Column>([&](auto member, const ColumnInfo &) {
      counts.danglingReferences += clearDangling(data, columns.*member);
    });
    const MendedTimes times = mendTimes<Table>(columns);
    counts.negativeDurations += times.negative;
    counts.impossibleTimes += times.impossible;
    if constexpr (Table::kInfo.kind == TableKind::kEvent) sortTable<Table>(data);
  });
  data.stepCounters.step.change([&](std::uint32_t &step, std::size_t) {
    if (step <= data.steps.start.size()) return;
    step = 0;
    ++counts.danglingReferences;
  });
  counts.danglingReferences += cutCycles(data.processes.parent) +
                               cutCycles(data.frames.inlinedInto) + cutCycles(data.stacks.parent);
  return counts;
}

void mergeQuality(TraceData &data) {
  const QualityColumns rows = std::exchange(data.quality, QualityColumns());
  QualityColumns &merged = data.quality;
  for (std::size_t i = 0; i < rows.name.size(); ++i) {
    const auto known = std::ranges::find(merged.name, rows.name[i]);
    if (known == merged.name.end()) {
      appendRow<QualityTable>(merged, rowAt<QualityTable>(rows, i));
      continue;
    }
    const auto at = static_cast<std::size_t>(known - merged.name.begin());
    merged.severity.set(at, std::max(merged.severity[at], rows.severity[i]));
    merged.count.set(at, merged.count[at] + rows.count[i]);
    merged.message.set(at, rows.message[i]);
  }
  for (std::size_t i = 0; i < merged.name.size(); ++i) {
    std::string message(data.strings.text(merged.message[i]));
    const auto place = message.find("{}");
    if (place == std::string::npos) continue;
    message.replace(place, 2, std::to_string(merged.count[i]));
    merged.message.set(i, data.strings.intern(message));
  }
}

} // namespace hotloop
