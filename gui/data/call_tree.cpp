#include "gui/data/call_tree.h"

#include <algorithm>
#include <cctype>
#include <unordered_map>

#include "core/base/stop.h"
#include "gui/data/trace/short_name.h"

namespace hotloop::gui {
namespace {

constexpr std::size_t kMostNodes = 200'000;

std::string starred(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool digit = std::isdigit(static_cast<unsigned char>(name[i])) != 0;
    if (!digit)
      out += name[i];
    else if (out.empty() || out.back() != '*')
      out += '*';
  }
  return out;
}

class Builder {
public:
  explicit Builder(const TraceView &trace) : trace_(trace) {
    tree_.nodes.emplace_back();
    tree_.nodes[0].name = "run";
  }

  CallTree build() {
    const TraceData &data = *trace_;
    std::size_t range = 0;
    std::size_t op = 0;
    std::size_t api = 0;
    std::size_t allocation = 0;
    const auto earlier = [](const auto &a, std::size_t i, const auto &b, std::size_t j) {
      if (i >= a.start.size()) return false;
      if (j >= b.start.size()) return true;
      if (a.start[i] != b.start[j]) return a.start[i] < b.start[j];
      return a.duration[i] >= b.duration[j];
    };
    // All threads at once, by start: each has its own stack.
    while (range < data.ranges.start.size() || op < data.ops.start.size() ||
           api < data.apis.start.size()) {
      stopPoint(range + op);
      const bool rangeFirst =
          earlier(data.ranges, range, data.ops, op) && earlier(data.ranges, range, data.apis, api);
      if (rangeFirst || (op >= data.ops.start.size() && api >= data.apis.start.size())) {
        takeAllocations(data.ranges.start[range], allocation);
        addRange(range++);
      } else if (earlier(data.ops, op, data.apis, api)) {
        takeAllocations(data.ops.start[op], allocation);
        addOp(op++);
      } else {
        takeAllocations(data.apis.start[api], allocation);
        addApi(api++);
      }
    }
    takeAllocations(Nanoseconds(INT64_MAX), allocation);
    addDevice(data.kernels);
    addDevice(data.memcpys);
    addDevice(data.memsets);
    finish();
    return std::move(tree_);
  }

private:
  struct Open {
    std::uint32_t node;
    std::int64_t end;
  };
  struct ThreadState {
    std::uint32_t root = kNoNode;
    std::vector<Open> open;
  };

  ThreadState &thread(ThreadId id) {
    ThreadState &state = threads_[id.value];
    if (state.root == kNoNode) {
      std::string name = "thread " + std::to_string(id.value);
      const ThreadColumns &columns = trace_->threads;
      if (id && id.value <= columns.id.size() && columns.name[id.value - 1])
        name = std::string(trace_.text(columns.name[id.value - 1]));
      state.root = child(0, UINT64_MAX - id.value, name, Category::kStep);
    }
    return state;
  }

  std::uint32_t child(std::uint32_t parent, std::uint64_t key, const std::string &name,
                      Category category) {
    const auto [found, isNew] =
        children_.try_emplace({parent, key}, static_cast<std::uint32_t>(tree_.nodes.size()));
    if (!isNew) return found->second;
    if (tree_.nodes.size() >= kMostNodes) {
      tree_.cut = true;
      found->second = parent;
      return parent;
    }
    CallNode node;
    node.name = name;
    node.category = category;
    node.parent = parent;
    tree_.nodes.push_back(std::move(node));
    tree_.nodes[parent].children.push_back(found->second);
    return found->second;
  }

  std::uint32_t enter(ThreadId id, Nanoseconds start, Nanoseconds duration, std::uint64_t key,
                      const std::string &name, Category category) {
    ThreadState &state = thread(id);
    while (!state.open.empty() && state.open.back().end <= start.count) state.open.pop_back();
    const std::uint32_t parent = state.open.empty() ? state.root : state.open.back().node;
    const std::uint32_t node = child(parent, key, name, category);
    CallNode &entry = tree_.nodes[node];
    ++entry.count;
    entry.total += duration.count;
    entry.self += duration.count;
    // What reaches beyond its parent counts there only as far as the parent goes.
    if (parent != state.root && !state.open.empty()) {
      tree_.nodes[parent].self -=
          std::min(state.open.back().end, start.count + duration.count) - start.count;
    }
    state.open.push_back({node, start.count + duration.count});
    return node;
  }

  void addRange(std::size_t i) {
    const RangeColumns &ranges = trace_->ranges;
    // Start/end ranges need not nest.
    if (ranges.kind[i] != RangeKind::kPushPop) return;
    const auto &[name, id] = starredName(ranges.name[i]);
    enter(ranges.lane[i], ranges.start[i], ranges.duration[i], std::uint64_t{1} << 40 | id, name,
          Category::kRange);
  }
  const std::pair<std::string, std::uint64_t> &starredName(StringId id) {
    const auto [found, isNew] = starred_.try_emplace(id.value);
    if (isNew) {
      found->second.first = starred(trace_.text(id));
      found->second.second =
          starredIds_.try_emplace(found->second.first, starredIds_.size()).first->second;
    }
    return found->second;
  }
  void addOp(std::size_t i) {
    const OpColumns &ops = trace_->ops;
    const Category category = ops.scope[i] == OpScope::kBackwardFunction ? Category::kBackward
                              : ops.scope[i] == OpScope::kUserScope      ? Category::kScope
                                                                         : Category::kOperator;
    // Scopes are numbered like ranges: "ProfilerStep#12".
    if (category == Category::kScope) {
      const auto &[name, id] = starredName(ops.name[i]);
      enter(ops.lane[i], ops.start[i], ops.duration[i], std::uint64_t{3} << 40 | id, name,
            category);
      return;
    }
    enter(ops.lane[i], ops.start[i], ops.duration[i], ops.name[i].value,
          std::string(trace_.text(ops.name[i])), category);
  }
  void addApi(std::size_t i) {
    const ApiColumns &apis = trace_->apis;
    const std::uint32_t node = enter(apis.lane[i], apis.start[i], apis.duration[i],
                                     std::uint64_t{2} << 40 | apis.name[i].value,
                                     std::string(trace_.text(apis.name[i])), Category::kCall);
    if (apis.correlation[i] != 0) launchers_[apis.correlation[i]] = node;
  }

  void takeAllocations(Nanoseconds until, std::size_t &next) {
    const AllocationColumns &all = trace_->allocations;
    for (; next < all.start.size() && all.start[next] < until; ++next) {
      stopPoint(next);
      if (all.action[next] != AllocationAction::kAllocate) continue;
      ThreadState &state = thread(all.lane[next]);
      while (!state.open.empty() && state.open.back().end <= all.start[next].count)
        state.open.pop_back();
      tree_.nodes[state.open.empty() ? state.root : state.open.back().node].bytes +=
          std::max<std::int64_t>(0, all.bytes[next]);
    }
  }

  template <class Columns> void addDevice(const Columns &columns) {
    for (std::size_t i = 0; i < columns.start.size(); ++i) {
      stopPoint(i);
      const auto found = launchers_.find(columns.correlation[i]);
      if (found == launchers_.end()) continue;
      tree_.nodes[found->second].device += columns.duration[i].count;
      ++tree_.nodes[found->second].launches;
    }
  }

  void finish() {
    // A node follows its parent, so one pass backwards adds up.
    for (std::size_t i = tree_.nodes.size(); i-- > 1;) {
      const CallNode &node = tree_.nodes[i];
      CallNode &parent = tree_.nodes[node.parent];
      parent.device += node.device;
      parent.launches += node.launches;
      parent.bytes += node.bytes;
    }
    for (CallNode &node : tree_.nodes) {
      node.self = std::max<std::int64_t>(0, node.self);
      if (node.parent == 0) {
        for (const std::uint32_t c : node.children) node.total += tree_.nodes[c].total;
      }
    }
    for (const std::uint32_t c : tree_.nodes[0].children)
      tree_.nodes[0].total += tree_.nodes[c].total;
    for (CallNode &node : tree_.nodes) {
      std::sort(node.children.begin(), node.children.end(),
                [this](std::uint32_t a, std::uint32_t b) {
                  const std::int64_t ta = tree_.nodes[a].total;
                  const std::int64_t tb = tree_.nodes[b].total;
                  return ta != tb ? ta > tb : a < b;
                });
    }
  }

  struct PairHash {
    std::size_t operator()(const std::pair<std::uint32_t, std::uint64_t> &key) const {
      return (key.first * 0x9E3779B97F4A7C15ull) ^ (key.second * 0xC2B2AE3D27D4EB4Full);
    }
  };

  const TraceView &trace_;
  CallTree tree_;
  std::unordered_map<std::uint32_t, ThreadState> threads_;
  std::unordered_map<std::pair<std::uint32_t, std::uint64_t>, std::uint32_t, PairHash> children_;
  std::unordered_map<std::uint32_t, std::pair<std::string, std::uint64_t>> starred_;
  std::unordered_map<std::string, std::uint64_t> starredIds_;
  std::unordered_map<std::uint32_t, std::uint32_t> launchers_; // correlation -> node
};

} // namespace

CallTree buildCallTree(const TraceView &trace) { return Builder(trace).build(); }

} // namespace hotloop::gui
