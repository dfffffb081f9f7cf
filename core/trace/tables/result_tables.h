#pragma once

#include "core/trace/table.h"

// What was found out about the run: data quality (collectors and analyzers), and the results of the
// analyzers, which can be rebuilt from the events at any time.
namespace hotloop {

enum class Severity : std::uint8_t { kInfo = 0, kNotice = 1, kDataLoss = 2, kError = 3 };

struct QualityTable {
  static constexpr TableInfo kInfo{"quality", TableKind::kResult,
                                   "bad, lost or missing data: printed with every report"};
  template <template <class> class F> struct Fields {
    F<StringId> name{};
    F<Severity> severity{};
    F<std::int64_t> count{};
    F<StringId> message{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::name,
          {"name", Unit::kId, "key in the catalogue of core/metrics/quality.h", "string"});
    visit(&R::severity, {"severity", Unit::kNone, "0 info, 1 notice, 2 data loss, 3 error"});
    visit(&R::count, {"count", Unit::kCount, "how often"});
    visit(&R::message, {"message", Unit::kId, "sentence for the user", "string"});
  }
};
using QualityRow = RowOf<QualityTable>;
using QualityColumns = ColumnsOf<QualityTable>;

struct StepCounterTable {
  static constexpr TableInfo kInfo{"step_counter", TableKind::kResult,
                                   "counters per step, counter and site; zero rows left out"};
  template <template <class> class F> struct Fields {
    F<std::uint32_t> step{};
    F<StringId> counter{};
    F<StringId> site{};
    F<double> value{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::step, {"step", Unit::kId, "rowid of the step", "step"});
    visit(&R::counter, {"counter", Unit::kId, "name in the metrics catalogue", "string"});
    visit(&R::site, {"site", Unit::kId, "file:line function; empty unknown", "string"});
    visit(&R::value, {"value", Unit::kNone, "in the unit of the counter"});
  }
};
using StepCounterRow = RowOf<StepCounterTable>;
using StepCounterColumns = ColumnsOf<StepCounterTable>;

struct LaneSummaryTable {
  static constexpr TableInfo kInfo{"lane_summary", TableKind::kResult,
                                   "busy time and events per lane"};
  template <template <class> class F> struct Fields {
    F<ThreadId> thread{};
    F<StreamId> stream{};
    F<std::int64_t> events{};
    F<Nanoseconds> busy{};
    F<Nanoseconds> first{};
    F<Nanoseconds> last{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::thread, {"thread", Unit::kId, "host lane; 0 for streams", "thread"});
    visit(&R::stream, {"stream", Unit::kId, "device lane; 0 for threads", "stream"});
    visit(&R::events, {"events", Unit::kCount, "events on the lane"});
    visit(&R::busy, {"busy", Unit::kNanoseconds, "length of the union of its events"});
    visit(&R::first, {"first", Unit::kNanoseconds, "earliest start"});
    visit(&R::last, {"last", Unit::kNanoseconds, "latest end"});
  }
};
using LaneSummaryRow = RowOf<LaneSummaryTable>;
using LaneSummaryColumns = ColumnsOf<LaneSummaryTable>;

struct FindingTable {
  static constexpr TableInfo kInfo{"finding", TableKind::kResult, "what holds the loop back"};
  template <template <class> class F> struct Fields {
    F<std::uint32_t> id{};
    F<StringId> rule{};
    F<StringId> title{};
    F<StringId> site{};
    F<double> perStep{};
    F<StringId> felt{};
    F<StringId> json{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::id, {"id", Unit::kId, "number in rank order, from 1"});
    visit(&R::rule, {"rule", Unit::kId, "e.g. HL101", "string"});
    visit(&R::title, {"title", Unit::kId, "one line", "string"});
    visit(&R::site, {"site", Unit::kId, "file:line function", "string"});
    visit(&R::perStep, {"per_step", Unit::kCount, "occurrences per steady step"});
    visit(&R::felt, {"felt", Unit::kId, "measured or would", "string"});
    visit(&R::json, {"json", Unit::kId, "the whole finding as in advise --json", "string"});
  }
};
using FindingRow = RowOf<FindingTable>;
using FindingColumns = ColumnsOf<FindingTable>;

struct EvidenceTable {
  static constexpr TableInfo kInfo{"evidence", TableKind::kResult, "rows that a finding rests on"};
  template <template <class> class F> struct Fields {
    F<std::uint32_t> finding{};
    F<StringId> table{};
    F<std::int64_t> row{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::finding, {"finding", Unit::kId, "finding.id", "finding"});
    visit(&R::table, {"table_name", Unit::kId, "name of an event table", "string"});
    visit(&R::row, {"row", Unit::kNone, "rowid in it"});
  }
};
using EvidenceRow = RowOf<EvidenceTable>;
using EvidenceColumns = ColumnsOf<EvidenceTable>;

struct PredictionTable {
  static constexpr TableInfo kInfo{"prediction", TableKind::kResult, "gain of a fix, predicted"};
  template <template <class> class F> struct Fields {
    F<std::uint32_t> finding{};
    F<StringId> fix{};
    F<double> gain{};
    F<double> gainLow{};
    F<double> gainHigh{};
    F<StringId> trust{};
    F<StringId> whyNone{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::finding, {"finding", Unit::kId, "finding.id; 0 when asked for by hand", "finding"});
    visit(&R::fix, {"fix", Unit::kId, "transform and site", "string"});
    visit(&R::gain, {"gain", Unit::kNanoseconds, "per step, point estimate"});
    visit(&R::gainLow, {"gain_low", Unit::kNanoseconds, "lower end of the interval"});
    visit(&R::gainHigh, {"gain_high", Unit::kNanoseconds, "upper end of the interval"});
    visit(&R::trust, {"trust", Unit::kId, "high, medium, low; empty when abstained", "string"});
    visit(&R::whyNone, {"why_none", Unit::kId, "reason to abstain; empty otherwise", "string"});
  }
};
using PredictionRow = RowOf<PredictionTable>;
using PredictionColumns = ColumnsOf<PredictionTable>;

} // namespace hotloop
