#include "kernels/program/compare_case.h"

#include <algorithm>
#include <cmath>

#include "kernels/gating/gating.h"
#include "kernels/harness/compare.h"
#include "kernels/moe_ops/moe_sizes.h"

namespace hotloop::kernels::program {
namespace {

struct Judge {
  const CaseRecord &record;
  std::vector<std::string> &lines;
  int failures = 0;

  void say(const std::string &what, bool good, double measured, double limit) {
    char line[400];
    std::snprintf(line, sizeof line,
                  R"({"case": "%s", "what": "%s", "ok": %s, "measured": %.3g, "limit": %.3g})",
                  record.test.name.c_str(), what.c_str(), good ? "true" : "false",
                  std::isfinite(measured) ? measured : -1.0, limit);
    lines.emplace_back(line);
    if (!good) ++failures;
  }
  void exact(const std::string &what, bool good) { say(what, good, good ? 0 : 1, 0); }
  void near(const std::string &what, const std::vector<float> &got, const std::vector<double> &want,
            double limit) {
    const double difference =
        got.size() == want.size() ? relativeDifference(got, want) : std::nan("");
    say(what, difference <= limit, difference, limit);
  }
};

const char *nameOf(Quantity q) {
  static constexpr const char *kNames[] = {
      "logits", "hidden", "activated", "y",       "out", "dHidden", "scaledActivated",
      "dRows",  "dUp",    "dDown",     "dLogits", "dx",  "dGate"};
  return kNames[static_cast<int>(q)];
}

// Limits on 1 - 2<x,y>/(<x,x>+<y,y>): forward and backward products (research: 1e-5 for bf16).
double limitOf(Quantity q, const LayerTypes &types) {
  if (q == Quantity::kLogits) return 1e-11;
  const bool gateGradient = q == Quantity::kDLogits || q == Quantity::kDGate;
  const bool backward = q >= Quantity::kDHidden;
  switch (types.product) {
  case ProductType::kBFloat16: return gateGradient ? 2e-4 : backward ? 3e-5 : 1e-5;
  case ProductType::kFloat16: return gateGradient ? 5e-6 : backward ? 1e-6 : 3e-7;
  case ProductType::kTf32: return gateGradient ? 5e-6 : backward ? 2e-6 : 1e-6;
  case ProductType::kFloat32: return 1e-10;
  }
  return 0;
}

void judgeRouting(Judge &judge) {
  const CaseRecord &r = judge.record;
  const MoeShape &s = r.test.shape;
  const std::size_t slots = static_cast<std::size_t>(s.rows());
  std::vector<std::int64_t> ids(slots), counts(static_cast<std::size_t>(s.experts));
  std::vector<double> weights(slots), lse(static_cast<std::size_t>(s.tokens)),
      probabilities(static_cast<std::size_t>(s.experts)), squares(1);
  const std::vector<double> logits(r.logits.begin(), r.logits.end());
  gatingForwardReference<double>(
      {{s.tokens, s.experts, s.topK}, logits.data(), weights.data(), ids.data(), lse.data()},
      {probabilities.data(), counts.data(), squares.data()}, 0, s.tokens);
  judge.exact("ids", std::equal(ids.begin(), ids.end(), r.ids.begin(), r.ids.end()));
  const double weightError = largestDifference(r.weights, weights);
  judge.say("weights", weightError <= 2e-6, weightError, 2e-6);
  const double lseError = largestDifference(r.lse, lse);
  judge.say("lse", lseError <= 2e-5, lseError, 2e-5);
  std::vector<std::int64_t> tileSums(counts.size());
  for (std::size_t i = 0; i < r.tileCounts.size(); ++i)
    tileSums[i % tileSums.size()] += r.tileCounts[i];
  judge.exact("tileCounts", tileSums == counts);

  double loss = 0, worst = 0;
  for (std::size_t e = 0; e < counts.size(); ++e) {
    const double g = r.balanceFactor * static_cast<double>(s.experts) *
                     static_cast<double>(counts[e]) / static_cast<double>(s.rows()) /
                     static_cast<double>(s.tokens);
    worst = std::max(worst, std::abs(g - r.balance[e]) / (std::abs(g) + 1e-12));
    loss += g * probabilities[e];
  }
  loss += r.zFactor * squares[0] / static_cast<double>(s.tokens);
  judge.say("balance", worst <= 1e-5, worst, 1e-5);
  const double lossError = std::abs(loss - r.loss) / std::abs(loss);
  judge.say("loss", lossError <= 1e-5, lossError, 1e-5);
}

void judgeOrder(Judge &judge, const MoeForwardResult &want) {
  const CaseRecord &r = judge.record;
  const MoeShape &s = r.test.shape;
  judge.exact("ends", r.ends == want.ends);
  judge.exact("rowOfSlot", r.rowOfSlot == want.rowOfSlot);
  judge.exact("slotOfRow", r.slotOfRow == want.slotOfRow);
  const std::vector<std::int32_t> schedule = moeSchedule(s, want.ends);
  bool good = r.schedule.size() == schedule.size();
  for (int list = 0; list < kTileLists && good; ++list) {
    const auto from = tileListOffset(s.rows(), s.experts, list);
    good = r.schedule[static_cast<std::size_t>(list)] == schedule[static_cast<std::size_t>(list)] &&
           std::equal(schedule.begin() + from,
                      schedule.begin() + from + 4 * schedule[static_cast<std::size_t>(list)],
                      r.schedule.begin() + from);
  }
  judge.exact("schedule", good);
  // Rows are x as it is (x is representable in the type of rows).
  good = true;
  for (std::int64_t row = 0; row < s.rows() && good; ++row) {
    const std::int64_t token = want.slotOfRow[static_cast<std::size_t>(row)] / s.topK;
    for (std::int64_t c = 0; c < s.dim; ++c)
      good &= r.rows[static_cast<std::size_t>(row * s.dim + c)] ==
              static_cast<float>(r.numbers.x[static_cast<std::size_t>(token * s.dim + c)]);
  }
  judge.exact("rows", good);
}

} // namespace

int compareCase(const CaseRecord &r, std::vector<std::string> &lines) {
  Judge judge{r, lines};
  const MoeShape &s = r.test.shape;
  for (const std::string &failure : r.failures) judge.exact(failure, false);
  judgeRouting(judge);
  const MoeRouting routing{r.ids, {r.weights.begin(), r.weights.end()}};
  for (const std::int32_t id : r.ids)
    if (id < 0 || id >= s.experts) return judge.failures + 1; // nothing else makes sense
  const std::vector<double> logits = moeLogits(s, r.numbers);
  const MoeForwardResult forward = moeForward(s, r.numbers, routing);
  judgeOrder(judge, forward);
  std::vector<double> balance(r.balance.begin(), r.balance.end());
  const MoeBackwardResult backward =
      moeBackward(s, r.numbers, routing, forward, logits, r.dOut, balance,
                  2.0 * r.zFactor / static_cast<double>(s.tokens));
  const auto wanted = [&](Quantity q) -> const std::vector<double> & {
    switch (q) {
    case Quantity::kLogits: return logits;
    case Quantity::kHidden: return forward.hidden;
    case Quantity::kActivated: return forward.activated;
    case Quantity::kY: return forward.y;
    case Quantity::kOut: return forward.out;
    case Quantity::kDHidden: return backward.dHidden;
    case Quantity::kScaledActivated: return backward.scaledActivated;
    case Quantity::kDRows: return backward.dRows;
    case Quantity::kDUp: return backward.dUp;
    case Quantity::kDDown: return backward.dDown;
    case Quantity::kDLogits: return backward.dLogits;
    case Quantity::kDx: return backward.dx;
    case Quantity::kDGate: return backward.dGate;
    }
    return logits;
  };
  for (const Observation &o : r.observations) {
    judge.near(std::string(nameOf(o.quantity)) + " by " + o.by, o.values, wanted(o.quantity),
               limitOf(o.quantity, r.test.types));
    if (o.quantity != Quantity::kDUp && o.quantity != Quantity::kDDown) continue;
    bool zero = true;
    const std::size_t plane = o.values.size() / forward.ends.size();
    for (std::size_t e = 0; e < forward.ends.size(); ++e)
      if (forward.ends[e] == (e ? forward.ends[e - 1] : 0))
        for (std::size_t i = e * plane; i < (e + 1) * plane; ++i) zero &= o.values[i] == 0;
    judge.exact(std::string(nameOf(o.quantity)) + " of empty experts by " + o.by, zero);
  }
  return judge.failures;
}

} // namespace hotloop::kernels::program
