#include "core/export/perfetto/packet_writer.h"

#include <protozero/pbf_writer.hpp>

namespace hotloop {

namespace {

using protozero::pbf_writer;

constexpr std::uint32_t kSequence = 1;

// Numbers of the fields, as perfetto's .proto files have them.
enum Trace : std::uint32_t { kTracePacket = 1 };
enum Packet : std::uint32_t {
  kTimestamp = 8,
  kSequenceId = 10,
  kTrackEvent = 11,
  kInternedData = 12,
  kSequenceFlags = 13,
  kTrackDescriptor = 60,
};
enum SequenceFlag : std::uint32_t { kStateCleared = 1, kNeedsState = 2 };
enum Descriptor : std::uint32_t {
  kUuid = 1,
  kName = 2,
  kProcess = 3,
  kThread = 4,
  kParentUuid = 5,
  kCounter = 8,
};
enum ProcessField : std::uint32_t { kProcessPid = 1, kProcessName = 6 };
enum ThreadField : std::uint32_t { kThreadPid = 1, kThreadTid = 2, kThreadName = 5 };
enum CounterField : std::uint32_t { kUnit = 3 };
constexpr std::int32_t kUnitBytes = 3;
enum EventField : std::uint32_t {
  kCategoryIds = 3,
  kDebugAnnotations = 4,
  kType = 9,
  kNameId = 10,
  kTrackUuid = 11,
  kCounterValue = 30,
  kFlowIds = 47,
};
enum EventType : int { kSliceBegin = 1, kSliceEnd = 2, kInstant = 3, kCounterEvent = 4 };
enum InternedField : std::uint32_t {
  kInternedCategories = 1,
  kInternedNames = 2,
  kInternedDetailNames = 3,
};
enum InternedEntry : std::uint32_t { kEntryId = 1, kEntryName = 2 };
enum DetailField : std::uint32_t { kDetailNameId = 1, kDetailInteger = 4, kDetailText = 6 };

} // namespace

std::uint64_t PacketWriter::Interned::id(std::string_view text, bool &isNew) {
  const auto [known, inserted] = ids_.try_emplace(std::string(text), ids_.size() + 1);
  isNew = inserted;
  return known->second;
}

void PacketWriter::write(const std::string &packet) {
  framed_.clear();
  pbf_writer trace(framed_);
  trace.add_message(kTracePacket, packet);
  file_.append(framed_);
}

void PacketWriter::process(std::uint64_t track, std::int64_t pid, std::string_view name) {
  packet_.clear();
  pbf_writer packet(packet_);
  {
    pbf_writer descriptor(packet, kTrackDescriptor);
    descriptor.add_uint64(kUuid, track);
    pbf_writer process(descriptor, kProcess);
    process.add_int32(kProcessPid, static_cast<std::int32_t>(pid));
    process.add_string(kProcessName, name.data(), name.size());
  }
  write(packet_);
}

void PacketWriter::thread(std::uint64_t track, std::int64_t pid, std::int64_t tid,
                          std::string_view name) {
  packet_.clear();
  pbf_writer packet(packet_);
  {
    pbf_writer descriptor(packet, kTrackDescriptor);
    descriptor.add_uint64(kUuid, track);
    pbf_writer thread(descriptor, kThread);
    thread.add_int32(kThreadPid, static_cast<std::int32_t>(pid));
    thread.add_int32(kThreadTid, static_cast<std::int32_t>(tid));
    thread.add_string(kThreadName, name.data(), name.size());
  }
  write(packet_);
}

void PacketWriter::track(std::uint64_t track, std::uint64_t parent, std::string_view name) {
  packet_.clear();
  pbf_writer packet(packet_);
  {
    pbf_writer descriptor(packet, kTrackDescriptor);
    descriptor.add_uint64(kUuid, track);
    descriptor.add_string(kName, name.data(), name.size());
    if (parent != 0) descriptor.add_uint64(kParentUuid, parent);
  }
  write(packet_);
}

void PacketWriter::byteCounter(std::uint64_t track, std::uint64_t parent, std::string_view name) {
  packet_.clear();
  pbf_writer packet(packet_);
  {
    pbf_writer descriptor(packet, kTrackDescriptor);
    descriptor.add_uint64(kUuid, track);
    descriptor.add_string(kName, name.data(), name.size());
    if (parent != 0) descriptor.add_uint64(kParentUuid, parent);
    pbf_writer counter(descriptor, kCounter);
    counter.add_int32(kUnit, kUnitBytes);
  }
  write(packet_);
}

void PacketWriter::event(const Slice &slice, int type) {
  packet_.clear();
  event_.clear();
  interned_.clear();
  pbf_writer event(event_);
  pbf_writer interned(interned_);
  const auto intern = [&](Interned &texts, std::string_view text, std::uint32_t field) {
    bool isNew = false;
    const std::uint64_t id = texts.id(text, isNew);
    if (isNew) {
      pbf_writer entry(interned, field);
      entry.add_uint64(kEntryId, id);
      entry.add_string(kEntryName, text.data(), text.size());
    }
    return id;
  };
  event.add_int32(kType, type);
  event.add_uint64(kTrackUuid, slice.track);
  if (!slice.category.empty())
    event.add_uint64(kCategoryIds, intern(categories_, slice.category, kInternedCategories));
  if (type != kSliceEnd) event.add_uint64(kNameId, intern(names_, slice.name, kInternedNames));
  if (slice.flow != 0) event.add_fixed64(kFlowIds, slice.flow);
  for (std::size_t i = 0; i < slice.detailCount; ++i) {
    const Detail &detail = slice.details[i];
    const std::uint64_t name = intern(details_, detail.name, kInternedDetailNames);
    pbf_writer annotation(event, kDebugAnnotations);
    annotation.add_uint64(kDetailNameId, name);
    if (detail.text.empty())
      annotation.add_int64(kDetailInteger, detail.value);
    else
      annotation.add_string(kDetailText, detail.text.data(), detail.text.size());
  }
  pbf_writer packet(packet_);
  packet.add_uint64(kTimestamp, static_cast<std::uint64_t>(slice.time));
  packet.add_uint32(kSequenceId, kSequence);
  packet.add_message(kTrackEvent, event_);
  if (!interned_.empty()) packet.add_message(kInternedData, interned_);
  packet.add_uint32(kSequenceFlags, kNeedsState | (first_ ? kStateCleared : 0u));
  first_ = false;
  write(packet_);
}

void PacketWriter::begin(const Slice &slice) { event(slice, kSliceBegin); }
void PacketWriter::instant(const Slice &slice) { event(slice, kInstant); }
void PacketWriter::end(std::uint64_t track, std::int64_t time) {
  Slice slice;
  slice.track = track;
  slice.time = time;
  event(slice, kSliceEnd);
}

void PacketWriter::counter(std::uint64_t track, std::int64_t time, std::int64_t value) {
  packet_.clear();
  event_.clear();
  pbf_writer event(event_);
  event.add_int32(kType, kCounterEvent);
  event.add_uint64(kTrackUuid, track);
  event.add_int64(kCounterValue, value);
  pbf_writer packet(packet_);
  packet.add_uint64(kTimestamp, static_cast<std::uint64_t>(time));
  packet.add_uint32(kSequenceId, kSequence);
  packet.add_message(kTrackEvent, event_);
  packet.add_uint32(kSequenceFlags, kNeedsState | (first_ ? kStateCleared : 0u));
  first_ = false;
  write(packet_);
}

} // namespace hotloop
