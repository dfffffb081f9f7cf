#include "collectors/import/nsys/nsys_entities.h"

#include <algorithm>

#include "core/symbolize/user_code.h"

namespace hotloop::nsys {

namespace {

constexpr std::size_t kLongestPlain = 200;
constexpr std::size_t kMostCallchainRows = 2'000'000;

struct CallchainRow {
  std::int64_t id = 0;
  std::int64_t depth = 0; // 0 innermost
  std::int64_t symbol = 0;
  std::int64_t module = 0;
  std::int64_t address = 0;
};

} // namespace

Result<void> Entities::read() {
  HOTLOOP_TRY(readStrings());
  HOTLOOP_TRY(readNames());
  HOTLOOP_TRY(readDevices());
  HOTLOOP_TRY(readStreams());
  return readCallchains();
}

Result<void> Entities::readStrings() {
  if (!schema_.has("StringIds")) return {};
  return database_.forEach(schema_.select("StringIds", {"id", "value"}),
                           [&](const Database::Row &row) {
                             const std::string_view text = row.text(1);
                             strings_[row.integer(0)] = sink_.intern(text);
                             if (text.size() <= kLongestPlain) plain_[row.integer(0)] = text;
                           });
}

Result<void> Entities::readNames() {
  if (schema_.has("PROCESSES"))
    HOTLOOP_TRY(database_.forEach(
        schema_.select("PROCESSES", {"globalPid", "name"}), [&](const Database::Row &row) {
          processNames_[processOf(row.integer(0))] = sink_.intern(row.text(1));
        }));
  if (schema_.has("ThreadNames"))
    HOTLOOP_TRY(database_.forEach(
        schema_.select("ThreadNames", {"globalTid", "nameId"}), [&](const Database::Row &row) {
          threadNames_[{processOf(row.integer(0)), threadOf(row.integer(0))}] =
              text(row.integer(1));
        }));
  return {};
}

Result<void> Entities::readDevices() {
  if (schema_.has("TARGET_INFO_GPU"))
    HOTLOOP_TRY(database_.forEach(
        schema_.select("TARGET_INFO_GPU", {"id", "name", "uuid", "computeMajor", "computeMinor",
                                           "smCount", "totalMemory", "clockRate"}),
        [&](const Database::Row &row) {
          DeviceRow gpu;
          gpu.name = sink_.intern(row.text(1));
          if (row.isText(2)) gpu.uuid = sink_.intern(row.text(2));
          gpu.computeMajor = static_cast<std::uint16_t>(row.integer(3));
          gpu.computeMinor = static_cast<std::uint16_t>(row.integer(4));
          gpu.multiprocessors = static_cast<std::uint32_t>(row.integer(5));
          gpu.memory = static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(6), 0));
          gpu.clock = static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(7), 0));
          gpus_[row.integer(0)] = gpu;
        }));
  if (schema_.has("TARGET_INFO_CUDA_DEVICE"))
    HOTLOOP_TRY(database_.forEach(
        schema_.select("TARGET_INFO_CUDA_DEVICE", {"pid", "cudaId", "gpuId"}),
        [&](const Database::Row &row) {
          gpuOfDevice_[{static_cast<std::uint32_t>(row.integer(0)), row.integer(1)}] =
              row.isNull(2) ? row.integer(1) : row.integer(2);
        }));
  return {};
}

Result<void> Entities::readStreams() {
  if (!schema_.has("TARGET_INFO_CUDA_STREAM")) return {};
  return database_.forEach(
      schema_.select("TARGET_INFO_CUDA_STREAM", {"processId", "streamId", "priority"}),
      [&](const Database::Row &row) {
        priorities_[{static_cast<std::uint32_t>(row.integer(0)) & 0xffffff, row.integer(1)}] =
            static_cast<std::int32_t>(row.integer(2));
      });
}

// One path from the outermost frame per chain, shared where chains share their callers.
Result<void> Entities::readCallchains() {
  if (!schema_.has("CUDA_CALLCHAINS")) return {};
  std::vector<CallchainRow> rows;
  HOTLOOP_TRY(database_.forEach(
      schema_.select("CUDA_CALLCHAINS", {"id", "stackDepth", "symbol", "module", "originalIP"}),
      [&](const Database::Row &row) {
        if (rows.size() < kMostCallchainRows)
          rows.push_back(
              {row.integer(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4)});
      }));
  std::ranges::stable_sort(rows, [](const CallchainRow &a, const CallchainRow &b) {
    return a.id != b.id ? a.id < b.id : a.depth > b.depth;
  });
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, FrameId> frames;
  std::unordered_map<std::uint64_t, StackId> nodes;
  StackId parent;
  std::uint16_t depth = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const CallchainRow &row = rows[i];
    if (i == 0 || row.id != rows[i - 1].id) {
      parent = StackId();
      depth = 0;
    }
    const auto [frame, newFrame] =
        frames.try_emplace({row.symbol, row.module, row.address},
                           FrameId(static_cast<std::uint32_t>(frames.size() + 1)));
    if (newFrame) {
      FrameRow made;
      made.id = frame->second;
      made.kind = FrameKind::kNative;
      made.function = text(row.symbol);
      made.module = text(row.module);
      made.offset = static_cast<std::uint64_t>(row.address);
      made.user = isUserCode(plain(row.module), {}, plain(row.symbol));
      sink_.add(made);
    }
    const std::uint64_t key = std::uint64_t{parent.value} << 32 | frame->second.value;
    const auto [node, newNode] =
        nodes.try_emplace(key, StackId(static_cast<std::uint32_t>(nodes.size() + 1)));
    if (newNode) {
      StackRow made;
      made.id = node->second;
      made.parent = parent;
      made.frame = frame->second;
      made.depth = depth;
      sink_.add(made);
    }
    parent = node->second;
    ++depth;
    stacks_[row.id] = parent;
  }
  return {};
}

StringId Entities::text(std::int64_t id) const {
  const auto found = strings_.find(id);
  return found == strings_.end() ? StringId() : found->second;
}

std::string_view Entities::plain(std::int64_t id) const {
  const auto found = plain_.find(id);
  return found == plain_.end() ? std::string_view() : std::string_view(found->second);
}

StackId Entities::stack(std::int64_t callchain) const {
  const auto found = stacks_.find(callchain);
  return found == stacks_.end() ? StackId() : found->second;
}

ProcessId Entities::process(std::uint32_t osPid) {
  const auto [known, isNew] = processIds_.try_emplace(osPid);
  if (isNew) {
    processes_.push_back(osPid);
    known->second = ProcessId(static_cast<std::uint32_t>(processes_.size()));
  }
  return known->second;
}

ThreadId Entities::thread(std::int64_t globalTid) {
  const auto [known, isNew] = threadIds_.try_emplace(globalTid);
  if (isNew) {
    process(processOf(globalTid));
    threads_.push_back(globalTid);
    known->second = ThreadId(static_cast<std::uint32_t>(threads_.size()));
  }
  return known->second;
}

DeviceId Entities::device(std::uint32_t process, std::int64_t cudaDevice) {
  const auto gpu = gpuOfDevice_.find({process, cudaDevice});
  const std::int64_t number = gpu == gpuOfDevice_.end() ? cudaDevice : gpu->second;
  const auto [known, isNew] = deviceIds_.try_emplace(number);
  if (isNew) {
    DeviceRow row;
    if (const auto facts = gpus_.find(number); facts != gpus_.end()) row = facts->second;
    row.id = DeviceId(static_cast<std::uint32_t>(devices_.size() + 1));
    row.ordinal = static_cast<std::uint32_t>(number);
    devices_.push_back(row);
    known->second = row.id;
  }
  return known->second;
}

StreamId Entities::stream(std::int64_t globalPid, std::int64_t device, std::int64_t context,
                          std::int64_t stream) {
  const std::uint32_t pid = processOf(globalPid);
  Stream key{pid, {}, context, stream};
  key.device = this->device(pid, device);
  if (lastStreamId_ && key == lastStream_) return lastStreamId_;
  const auto [known, isNew] = streamIds_.try_emplace(key);
  if (isNew) {
    process(pid);
    streams_.push_back(key);
    known->second = StreamId(static_cast<std::uint32_t>(streams_.size()));
  }
  lastStream_ = key;
  return lastStreamId_ = known->second;
}

void Entities::emit(Nanoseconds start, Nanoseconds end) {
  for (const std::uint32_t osPid : processes_) {
    ProcessRow row;
    row.id = processIds_.at(osPid);
    row.osPid = osPid;
    row.start = start;
    row.end = end;
    if (const auto name = processNames_.find(osPid); name != processNames_.end())
      row.name = name->second;
    row.exitStatus = -1;
    row.rank = -1;
    sink_.add(row);
  }
  for (const std::int64_t globalTid : threads_) {
    ThreadRow row;
    row.id = threadIds_.at(globalTid);
    row.process = processIds_.at(processOf(globalTid));
    row.osTid = threadOf(globalTid);
    const auto name = threadNames_.find({processOf(globalTid), row.osTid});
    if (name != threadNames_.end()) row.name = name->second;
    sink_.add(row);
  }
  for (const DeviceRow &row : devices_) sink_.add(row);
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    StreamRow row;
    row.id = StreamId(static_cast<std::uint32_t>(i + 1));
    row.process = processIds_.at(streams_[i].process);
    row.device = streams_[i].device;
    row.context = static_cast<std::uint32_t>(streams_[i].context);
    row.cudaStream = static_cast<std::uint32_t>(streams_[i].stream);
    const auto priority = priorities_.find({streams_[i].process, streams_[i].stream});
    if (priority != priorities_.end()) row.priority = priority->second;
    sink_.add(row);
  }
}

} // namespace hotloop::nsys
