#include "collectors/import/kineto/trace_header.h"

#include <simdjson.h>

#include "collectors/import/kineto/event.h"
#include "core/trace/meta_keys.h"

namespace hotloop::kineto {

namespace {

namespace dom = simdjson::dom;

std::int64_t integer(const dom::object &object, const char *key, std::int64_t fallback) {
  std::int64_t value = fallback;
  return object[key].get(value) == simdjson::SUCCESS ? value : fallback;
}

void readDevices(std::string_view value, Lanes &lanes, TraceSink &sink) {
  dom::parser parser;
  dom::array devices;
  if (parser.parse(value.data(), value.size()).get(devices) != simdjson::SUCCESS) return;
  for (const dom::element each : devices) {
    dom::object device;
    if (each.get(device) != simdjson::SUCCESS) continue;
    DeviceRow row;
    std::string_view name;
    if (device["name"].get(name) == simdjson::SUCCESS) row.name = sink.intern(name);
    row.computeMajor = static_cast<std::uint16_t>(integer(device, "computeMajor", 0));
    row.computeMinor = static_cast<std::uint16_t>(integer(device, "computeMinor", 0));
    row.multiprocessors = static_cast<std::uint32_t>(integer(device, "numSms", 0));
    row.memory = static_cast<std::uint64_t>(integer(device, "totalGlobalMem", 0));
    lanes.describeDevice(integer(device, "id", 0), row);
  }
}

void readDistributed(std::string_view value, TraceHeader &header) {
  dom::parser parser;
  dom::object facts;
  if (parser.parse(value.data(), value.size()).get(facts) != simdjson::SUCCESS) return;
  header.rank = static_cast<std::int32_t>(integer(facts, "rank", -1));
  header.worldSize = static_cast<std::int32_t>(integer(facts, "world_size", 0));
}

// 12040 -> 12.4
std::string cudaVersion(std::int64_t number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

} // namespace

void readHeaderMember(std::string_view key, std::string_view value, Lanes &lanes, TraceSink &sink,
                      TraceHeader &header) {
  const auto number = [&] {
    const bool string = value.size() >= 2 && value.front() == '"';
    return integerOf(string ? Value{value.substr(1, value.size() - 2), Value::Kind::kString}
                            : Value{value, Value::Kind::kPlain})
        .value_or(0);
  };
  if (key == "deviceProperties") {
    readDevices(value, lanes, sink);
  } else if (key == "distributedInfo") {
    readDistributed(value, header);
  } else if (key == "baseTimeNanoseconds") {
    header.baseNanoseconds = number();
  } else if (key == "schemaVersion") {
    header.schemaVersion = number();
  } else if (key == "cuda_runtime_version") {
    header.meta[meta_key::kCudaVersion] = cudaVersion(number());
  } else if (key == "cuda_driver_version") {
    header.meta[meta_key::kDriverVersion] = cudaVersion(number());
  } else if (key == "cupti_version") {
    header.meta[meta_key::kCuptiVersion] = std::to_string(number());
  }
}

} // namespace hotloop::kineto
