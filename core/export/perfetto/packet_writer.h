#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/export/export_file.h"

namespace hotloop {

// Packets of a Perfetto trace (perfetto/protos/trace/trace_packet.proto), all of one sequence.
class PacketWriter {
public:
  explicit PacketWriter(ExportFile &file) : file_(file) {}

  void process(std::uint64_t track, std::int64_t pid, std::string_view name);
  void thread(std::uint64_t track, std::int64_t pid, std::int64_t tid, std::string_view name);
  // A track of its own, under `parent` (0: at the top).
  void track(std::uint64_t track, std::uint64_t parent, std::string_view name);
  // A counter in bytes.
  void byteCounter(std::uint64_t track, std::uint64_t parent, std::string_view name);

  // Facts about a slice: names are few.
  struct Detail {
    std::string_view name;
    std::int64_t value = 0;
    std::string_view text = {}; // instead of the value, where not empty
  };
  struct Slice {
    std::uint64_t track = 0;
    std::int64_t time = 0;
    std::string_view category;
    std::string_view name;
    std::uint64_t flow = 0; // 0 none
    const Detail *details = nullptr;
    std::size_t detailCount = 0;
  };
  void begin(const Slice &slice);
  void end(std::uint64_t track, std::int64_t time);
  void instant(const Slice &slice);
  void counter(std::uint64_t track, std::int64_t time, std::int64_t value);

private:
  class Interned {
  public:
    // The id of a text, new ones written into `packet`'s interned data.
    std::uint64_t id(std::string_view text, bool &isNew);

  private:
    std::unordered_map<std::string, std::uint64_t> ids_;
  };

  void event(const Slice &slice, int type);
  void write(const std::string &packet);

  ExportFile &file_;
  Interned names_, categories_, details_;
  std::string packet_, event_, interned_, framed_;
  bool first_ = true;
};

} // namespace hotloop
