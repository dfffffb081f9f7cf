#include "cli/gate/calibration.h"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "cli/gate/profile_source.h"
#include "cli/gate/toml_reader.h"

namespace hotloop::cli {

namespace {

std::string fileOf(const CommandContext &context) {
  const std::string folder = cacheFolder(context);
  return folder.empty() ? "" : folder + "/calibration.toml";
}

} // namespace

std::optional<Calibration> loadCalibration(const CommandContext &context) {
  const std::string file = fileOf(context);
  if (file.empty()) return std::nullopt;
  const auto text = readTextFile(file);
  if (!text) return std::nullopt;
  const auto table = parseToml(*text, file);
  if (!table) return std::nullopt;
  const auto floor = tomlNumber(*table, "floor", file);
  const auto saved = tomlText(*table, "saved", file), command = tomlText(*table, "command", file);
  if (!floor || !saved || !command || *floor <= 0) return std::nullopt;
  return Calibration{*floor, *saved, *command};
}

Result<void> saveCalibration(const CommandContext &context, const Calibration &calibration) {
  const std::string file = fileOf(context);
  if (file.empty()) return {};
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), ignored);
  std::ofstream out(file, std::ios::trunc);
  out << fmt::format("# noise floor of this machine, by hotloop calibrate\nfloor = {:.6f}\nsaved = "
                     "{}\ncommand = {}\n",
                     calibration.floor, tomlQuoted(calibration.saved),
                     tomlQuoted(calibration.command));
  out.close();
  if (!out) return Unexpected(systemError(errno != 0 ? errno : EIO, "cannot write " + file));
  return {};
}

} // namespace hotloop::cli
