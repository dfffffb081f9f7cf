#include "collectors/import/rank_clocks.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <set>
#include <string_view>

#include "collectors/import/import_trace.h"
#include "core/trace/meta_keys.h"
#include "core/trace/sink_adapter.h"

namespace hotloop {

namespace {

constexpr std::int64_t kWidestSpread = 1'000'000; // ns
constexpr std::size_t kFewestCollectives = 3;
constexpr std::size_t kMostCollectives = 1'000'000;

struct Collective {
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::string kind; // what is the same on every rank
};

// ncclDevKernel_AllReduce_Sum_f32_RING_LL(...): ring or tree, and the protocol, may differ.
std::string collectiveKind(std::string_view kernel) {
  for (const std::string_view word :
       {"AllReduce", "AllGather", "ReduceScatter", "Broadcast", "SendRecv", "Reduce", "AllToAll"})
    if (kernel.find(word) != std::string_view::npos) return std::string(word);
  return "other";
}

// Keeps the collectives and the facts about clocks, and forgets the rest.
class CollectiveSink final : public EachTable<CollectiveSink, TraceSink> {
public:
  StringId intern(std::string_view text) override {
    if (text.empty()) return {};
    // Only collectives need to be told apart; their ids begin at 2.
    const bool collective = text.starts_with("nccl") || text.starts_with("rccl");
    if (!collective) return StringId(1);
    const auto [known, isNew] = kinds_.try_emplace(std::string(text));
    if (isNew) {
      known->second = static_cast<std::uint32_t>(names_.size() + 2);
      names_.push_back(collectiveKind(text));
    }
    return StringId(known->second);
  }
  void setMeta(std::string_view key, std::string_view value) override {
    std::int64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    if (key == meta_key::kStartRealtime) realtime_ = number;
    if (key == meta_key::kStartMonotonic) monotonic_ = number;
  }
  Result<void> commit() override { return {}; }

  template <class Table> void addRow(const RowOf<Table> &row) {
    if constexpr (std::is_same_v<Table, KernelTable>) {
      if (row.name.value < 2 || found_.size() >= kMostCollectives) return;
      found_.push_back(
          {row.start.count, row.start.count + row.duration.count, names_[row.name.value - 2]});
    }
  }

  // In the order in which they ran.
  std::vector<Collective> take() {
    std::ranges::stable_sort(found_, {}, &Collective::start);
    return std::move(found_);
  }
  // What the file's clock says less what the wall clock says; 0 when it is not told.
  std::int64_t wallOffset() const { return realtime_ == 0 ? 0 : realtime_ - monotonic_; }

private:
  std::map<std::string, std::uint32_t, std::less<>> kinds_;
  std::vector<std::string> names_;
  std::vector<Collective> found_;
  std::int64_t realtime_ = 0;
  std::int64_t monotonic_ = 0;
};

std::int64_t median(std::vector<std::int64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

bool sameKinds(const std::vector<Collective> &a, const std::vector<Collective> &b) {
  return std::ranges::equal(a, b, {}, &Collective::kind, &Collective::kind);
}

} // namespace

Result<std::vector<RankClock>> alignRanks(const std::vector<std::string> &paths) {
  std::vector<RankClock> clocks;
  std::vector<Collective> reference;
  std::int64_t referenceOffset = 0;
  std::set<std::int32_t> ranks;
  for (const std::string &path : paths) {
    CollectiveSink sink;
    HOTLOOP_ASSIGN(const ImportReport report, importTrace(path, sink));
    RankClock clock;
    clock.path = path;
    clock.rank = report.rank;
    if (clock.rank < 0 || !ranks.insert(clock.rank).second) {
      clock.rank = static_cast<std::int32_t>(clocks.size());
      while (!ranks.insert(clock.rank).second) ++clock.rank;
    }
    std::vector<Collective> own = sink.take();
    clock.collectives = static_cast<std::int64_t>(own.size());
    if (clocks.empty()) {
      reference = std::move(own);
      referenceOffset = sink.wallOffset();
      clock.aligned = true;
      clocks.push_back(clock);
      continue;
    }
    clock.shift = Nanoseconds(sink.wallOffset() - referenceOffset);
    if (own.size() >= kFewestCollectives && sameKinds(own, reference)) {
      std::vector<std::int64_t> distances;
      for (std::size_t i = 0; i < own.size(); ++i)
        distances.push_back(reference[i].end - own[i].end);
      const std::int64_t shift = median(distances);
      for (std::int64_t &distance : distances) distance = std::abs(distance - shift);
      clock.spread = Nanoseconds(median(distances));
      clock.aligned = clock.spread.count <= kWidestSpread;
      if (clock.aligned) clock.shift = Nanoseconds(shift);
    }
    clocks.push_back(clock);
  }
  return clocks;
}

} // namespace hotloop
