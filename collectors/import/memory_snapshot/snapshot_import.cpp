#include "collectors/import/memory_snapshot/snapshot_import.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collectors/import/memory_snapshot/pickle.h"
#include "collectors/import/python_files.h"
#include "core/input/byte_source.h"
#include "core/metrics/quality.h"
#include "core/symbolize/user_code.h"
#include "core/trace/meta_keys.h"

namespace hotloop {

namespace {

using Node = Pickle::Node;

constexpr std::size_t kLargestPickle = 1u << 30;
constexpr std::size_t kDeepestStack = 512;
constexpr std::int64_t kLatest = 4'000'000'000'000'000; // us

class SnapshotImporter {
public:
  SnapshotImporter(const Pickle &pickle, TraceSink &sink) : pickle_(pickle), sink_(sink) {}

  bool run() {
    const Node root = pickle_.root();
    // Before torch 1.13 a snapshot was the list of segments alone.
    const Node segments =
        pickle_.kind(root) == Pickle::Kind::kList ? root : pickle_.member(root, "segments");
    const Node traces = pickle_.member(root, "device_traces");
    if (pickle_.kind(segments) != Pickle::Kind::kList) return false;
    addEntities();
    readSegments(segments);
    const auto &devices = pickle_.elements(traces);
    for (std::size_t device = 0; device < devices.size(); ++device)
      readTrace(static_cast<std::int64_t>(device), devices[device]);
    addLiveBlocks();
    readAnnotations(pickle_.member(root, "external_annotations"));
    finish();
    return true;
  }

  std::int64_t events() const { return events_; }
  std::string summary() const {
    return std::to_string(segments_) + " segments, " + std::to_string(live_.size()) +
           " blocks in use at the end";
  }

private:
  struct Block {
    std::int64_t device = 0;
    std::int64_t bytes = 0;
    Node frames = 0;
  };

  std::int64_t number(Node of, std::string_view key, std::int64_t fallback = 0) const {
    return pickle_.integer(pickle_.member(of, key), fallback);
  }

  void addEntities() {
    ProcessRow process;
    process.id = ProcessId(1);
    process.exitStatus = process.rank = -1;
    sink_.add(process);
    ThreadRow thread;
    thread.id = thread_;
    thread.process = process.id;
    thread.name = sink_.intern("threads (a snapshot does not tell them apart)");
    sink_.add(thread);
  }

  DeviceId device(std::int64_t ordinal) {
    const auto [known, isNew] = devices_.try_emplace(ordinal);
    if (isNew) {
      DeviceRow row;
      row.id = known->second = DeviceId(static_cast<std::uint32_t>(devices_.size()));
      row.ordinal = static_cast<std::uint32_t>(ordinal);
      sink_.add(row);
    }
    return known->second;
  }

  void readSegments(Node segments) {
    for (const Node segment : pickle_.elements(segments)) {
      ++segments_;
      const std::int64_t ordinal = number(segment, "device");
      allocated_[ordinal] += number(segment, "allocated_size");
      reserved_[ordinal] += number(segment, "total_size");
      std::int64_t address = number(segment, "address");
      for (const Node block : pickle_.elements(pickle_.member(segment, "blocks"))) {
        const std::int64_t bytes = number(block, "size");
        const std::int64_t at = number(block, "address", address); // old: one after the other
        address = static_cast<std::int64_t>(static_cast<std::uint64_t>(at) +
                                            static_cast<std::uint64_t>(bytes));
        if (pickle_.text(pickle_.member(block, "state")) != "active_allocated") continue;
        Block kept{ordinal, bytes, pickle_.member(block, "frames")};
        const auto &history = pickle_.elements(pickle_.member(block, "history"));
        if (kept.frames == 0 && !history.empty())
          kept.frames = pickle_.member(history.front(), "frames");
        live_[at] = kept;
      }
    }
  }

  // A snapshot says what is allocated at its end: totals are counted back from there.
  void readTrace(std::int64_t ordinal, Node trace) {
    const auto &entries = pickle_.elements(trace);
    std::vector<AllocationEvent> rows;
    for (const Node entry : entries) {
      ++events_;
      AllocationEvent row;
      const std::string_view action = pickle_.text(pickle_.member(entry, "action"));
      if (!actionOf(action, row.action)) {
        ++notKept_[action.empty() ? "without action" : std::string(action.substr(0, 40))];
        continue;
      }
      const std::int64_t time = number(entry, "time_us", -1);
      if (time < 0) ++withoutTime_;
      row.start =
          Nanoseconds(1000 * std::clamp<std::int64_t>(time < 0 ? ++sequence_ : time, 0, kLatest));
      row.lane = thread_;
      row.name = sink_.intern(action);
      row.allocator = Allocator::kTorchCuda;
      row.device = device(ordinal);
      row.address = static_cast<std::uint64_t>(number(entry, "addr"));
      row.bytes = std::max<std::int64_t>(number(entry, "size"), 0);
      row.totalReserved = -1;
      setStack(pickle_.member(entry, "frames"), row);
      if (row.action == AllocationAction::kAllocate)
        known_.insert(static_cast<std::int64_t>(row.address));
      rows.push_back(row);
    }
    std::int64_t total = allocated_.contains(ordinal) ? allocated_[ordinal] : 0;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
      row->totalAllocated = std::max<std::int64_t>(total, -1);
      const auto change = static_cast<std::uint64_t>(row->bytes);
      if (row->action == AllocationAction::kAllocate)
        total = static_cast<std::int64_t>(static_cast<std::uint64_t>(total) - change);
      else if (row->action == AllocationAction::kFree)
        total = static_cast<std::int64_t>(static_cast<std::uint64_t>(total) + change);
    }
    for (const AllocationEvent &row : rows) {
      first_ = first_ == 0 ? row.start.count : std::min(first_, row.start.count);
      last_ = std::max(last_, row.start.count);
      sink_.add(row);
    }
  }

  static bool actionOf(std::string_view action, AllocationAction &kind) {
    constexpr std::pair<std::string_view, AllocationAction> kActions[] = {
        {"alloc", AllocationAction::kAllocate},
        {"free_completed", AllocationAction::kFree},
        {"segment_alloc", AllocationAction::kSegmentAllocate},
        {"segment_map", AllocationAction::kSegmentAllocate},
        {"segment_free", AllocationAction::kSegmentFree},
        {"segment_unmap", AllocationAction::kSegmentFree},
        {"oom", AllocationAction::kOutOfMemory},
    };
    const auto *found =
        std::ranges::find(kActions, action, &std::pair<std::string_view, AllocationAction>::first);
    if (found == std::end(kActions)) return false;
    kind = found->second;
    return true;
  }

  // What was allocated before the history began, and is in use at the end of it.
  void addLiveBlocks() {
    for (const auto &[address, block] : live_) {
      if (known_.contains(address)) continue;
      ++events_;
      AllocationEvent row;
      row.start = Nanoseconds(first_);
      row.lane = thread_;
      row.name = sink_.intern("allocated earlier");
      row.action = AllocationAction::kAllocate;
      row.allocator = Allocator::kTorchCuda;
      row.device = device(block.device);
      row.address = static_cast<std::uint64_t>(address);
      row.bytes = std::max<std::int64_t>(block.bytes, 0);
      row.totalAllocated = row.totalReserved = -1;
      setStack(block.frames, row);
      sink_.add(row);
    }
  }

  void setStack(Node frames, AllocationEvent &row) {
    // Stacks are shared by reference in the pickle: one look-up per distinct stack.
    if (frames == 0) return;
    const auto known = stacks_.find(frames);
    if (known != stacks_.end()) {
      row.stack = known->second.first;
      row.location = known->second.second;
      return;
    }
    const auto &list = pickle_.elements(frames); // innermost first
    StackRow node;
    FrameId location;
    const std::size_t depth = std::min(list.size(), kDeepestStack);
    for (std::size_t i = depth; i-- > 0;) {
      const auto [frame, python] = frameOf(list[i]);
      if (python) location = frame;
      const std::uint64_t key = std::uint64_t{node.id.value} << 32 | frame.value;
      const auto [made, isNew] = nodes_.try_emplace(key);
      node.parent = node.id;
      node.frame = frame;
      node.depth = static_cast<std::uint16_t>(depth - 1 - i);
      if (isNew) made->second = StackId(static_cast<std::uint32_t>(nodes_.size()));
      node.id = made->second;
      if (isNew) sink_.add(node);
    }
    row.stack = node.id;
    row.location = location;
    stacks_.emplace(frames, std::pair(row.stack, location));
  }

  // The frame, and whether it is Python code of the user's.
  std::pair<FrameId, bool> frameOf(Node node) {
    if (const auto known = frames_.find(node); known != frames_.end()) return known->second;
    const std::string_view file = pickle_.text(pickle_.member(node, "filename"));
    const std::string_view function = pickle_.text(pickle_.member(node, "name"));
    const std::int64_t line = number(node, "line");
    const auto [same, isNew] = frameIds_.try_emplace(
        std::string(file) + '\0' + std::string(function) + '\0' + std::to_string(line));
    if (isNew) {
      FrameRow row;
      row.id = FrameId(static_cast<std::uint32_t>(frameIds_.size()));
      const bool python = file.ends_with(".py") || file.starts_with('<');
      row.kind = python ? FrameKind::kPython : FrameKind::kNative;
      row.function = sink_.intern(function);
      if (file != "??") row.file = sink_.intern(file);
      row.line = static_cast<std::uint32_t>(std::clamp<std::int64_t>(line, 0, UINT32_MAX));
      row.user = python ? isPythonUserFile(file)
                        : !file.empty() && file != "??" && isUserCode({}, file, function);
      sink_.add(row);
      same->second = {row.id, python && row.user};
    }
    frames_.emplace(node, same->second);
    return same->second;
  }

  void readAnnotations(Node annotations) {
    std::map<std::string, std::int64_t, std::less<>> open; // name -> begin
    for (const Node entry : pickle_.elements(annotations)) {
      const std::string_view name = pickle_.text(pickle_.member(entry, "name"));
      const std::string_view stage = pickle_.text(pickle_.member(entry, "stage"));
      const std::int64_t time =
          1000 * std::clamp<std::int64_t>(number(entry, "time_us"), 0, kLatest);
      if (stage == "START") {
        open[std::string(name)] = time;
        continue;
      }
      const auto begin = open.find(name);
      if (begin == open.end()) continue;
      RangeEvent range;
      range.start = Nanoseconds(begin->second);
      range.duration = Nanoseconds(time - begin->second);
      range.lane = range.endLane = thread_;
      range.name = sink_.intern(name);
      range.kind = RangeKind::kStartEnd;
      sink_.add(range);
      ++events_;
      open.erase(begin);
    }
  }

  void finish() {
    std::int64_t dropped = 0;
    std::string listed;
    for (const auto &[action, count] : notKept_) {
      dropped += count;
      listed += (listed.empty() ? "" : ", ") + std::to_string(count) + " " + action;
    }
    reportQuality(sink_, "import_not_kept", dropped, listed);
    reportQuality(sink_, "import_order_only", withoutTime_);
    sink_.setMeta(meta_key::kSource, "import:memory_snapshot");
    sink_.setMeta(meta_key::kState, "clean");
    if (last_ == 0) return;
    sink_.setMeta(meta_key::kStartMonotonic, std::to_string(first_));
    sink_.setMeta(meta_key::kEndMonotonic, std::to_string(last_));
    if (withoutTime_ == 0) sink_.setMeta(meta_key::kStartRealtime, std::to_string(first_));
  }

  const Pickle &pickle_;
  TraceSink &sink_;
  const ThreadId thread_{1};
  std::map<std::int64_t, DeviceId> devices_;
  std::map<std::int64_t, std::int64_t> allocated_, reserved_; // at the end, by device
  std::map<std::int64_t, Block> live_;                        // at the end, by address
  std::set<std::int64_t> known_; // addresses that the history allocates
  std::unordered_map<Node, std::pair<StackId, FrameId>> stacks_;
  std::unordered_map<Node, std::pair<FrameId, bool>> frames_;
  std::unordered_map<std::string, std::pair<FrameId, bool>> frameIds_;
  std::unordered_map<std::uint64_t, StackId> nodes_;
  std::map<std::string, std::int64_t> notKept_;
  std::int64_t segments_ = 0;
  std::int64_t events_ = 0;
  std::int64_t withoutTime_ = 0;
  std::int64_t sequence_ = 0;
  std::int64_t first_ = 0;
  std::int64_t last_ = 0;
};

Result<std::string> readWhole(const std::string &path) {
  HOTLOOP_ASSIGN(ByteSource source, ByteSource::open(path));
  std::string bytes;
  std::size_t filled = 0;
  while (true) {
    if (filled == bytes.size()) bytes.resize(std::max<std::size_t>(1u << 20, 2 * filled));
    HOTLOOP_ASSIGN(const std::size_t got,
                   source.read(bytes.data() + filled, bytes.size() - filled));
    if (got == 0) break;
    filled += got;
    if (filled > kLargestPickle)
      return Unexpected(unsupported(path + ": is larger than 1 GiB, decompressed; record fewer "
                                           "entries (max_entries of _record_memory_history)"));
  }
  if (!source.trouble().empty())
    return Unexpected(corrupt(path + ": cannot be decompressed: " + source.trouble()));
  bytes.resize(filled);
  return bytes;
}

} // namespace

Result<ImportReport> importMemorySnapshot(const std::string &path, TraceSink &sink,
                                          const ImportOptions &) {
  HOTLOOP_ASSIGN(const std::string bytes, readWhole(path));
  auto pickle = Pickle::parse(bytes);
  if (!pickle) return Unexpected(Error{pickle.error().kind, path + ": " + pickle.error().message});
  SnapshotImporter importer(*pickle, sink);
  if (!importer.run())
    return Unexpected(invalidInput(path +
                                   ": is a pickle, but no memory snapshot of torch: it has no "
                                   "list \"segments\""));
  HOTLOOP_TRY(sink.commit());
  ImportReport report;
  report.format = "memory_snapshot";
  report.description = "memory snapshot of torch.cuda, " + importer.summary();
  report.events = importer.events();
  report.bytes = bytes.size();
  return report;
}

} // namespace hotloop
