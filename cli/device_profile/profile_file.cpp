#include "cli/device_profile/profile_file.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace hotloop::cli {

namespace {

constexpr std::string_view kSchema = "hotloop.device_profile/1";

double number(const nlohmann::json &object, const char *key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return 0;
  const double value = found->get<double>();
  return value > 0 && value < 1e15 ? value : 0;
}

} // namespace

Result<MachineProfile> readProfile(const std::string &path) {
  std::ifstream file(path);
  if (!file)
    return Unexpected(notFound(fmt::format(
        "{}: cannot be read; hotloop calibrate-device -o {} makes a machine profile", path, path)));
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (json.is_discarded() || !json.is_object() || json.value("schema", "") != kSchema)
    return Unexpected(invalidInput(
        fmt::format("{} is no machine profile; hotloop calibrate-device -o FILE makes one", path)));
  MachineProfile profile;
  if (const auto name = json.find("device"); name != json.end() && name->is_string())
    profile.device = name->get<std::string>();
  profile.launchCallNs = number(json, "launch_call_ns");
  profile.launchLatencyNs = number(json, "launch_latency_ns");
  profile.pinnedBytesPerNs = number(json, "pinned_gb_per_s");
  profile.pageableBytesPerNs = number(json, "pageable_gb_per_s");
  profile.deviceBytesPerNs = number(json, "device_gb_per_s");
  // A teraflop a second is a thousand operations a nanosecond.
  profile.fp32FlopsPerNs = 1000 * number(json, "fp32_tflops");
  profile.tf32FlopsPerNs = 1000 * number(json, "tf32_tflops");
  profile.bf16FlopsPerNs = 1000 * number(json, "bf16_tflops");
  return profile;
}

Result<std::optional<MachineProfile>> findProfile(const std::string &given,
                                                  const std::string &run) {
  std::string path = given;
  if (path.empty()) {
    path = run + ".device.json";
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) return std::optional<MachineProfile>();
  }
  HOTLOOP_ASSIGN(MachineProfile profile, readProfile(path));
  return std::optional(std::move(profile));
}

} // namespace hotloop::cli
