#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "cli/gate/text_file.h"
#include "core/base/result.h"

// Reading TOML strictly: every complaint names file and line and what is near.
namespace hotloop::cli {

Result<toml::table> parseToml(const std::string &text, const std::string &file);

// "hotloop.toml:12: " for a node.
std::string tomlPlace(const std::string &file, const toml::node &node);
int tomlLine(const toml::node &node);

// Error with the nearest known key when `table` has others than `known`.
Result<void> onlyKeys(const toml::table &table, const std::vector<std::string_view> &known,
                      const std::string &file, const std::string &where);

// A value of the wrong type is an error; an absent one gives the fallback.
Result<std::string> tomlText(const toml::table &table, std::string_view key,
                             const std::string &file, std::string fallback = {});
Result<std::int64_t> tomlWhole(const toml::table &table, std::string_view key,
                               const std::string &file, std::int64_t fallback = 0);
Result<double> tomlNumber(const toml::table &table, std::string_view key, const std::string &file,
                          double fallback = 0);
Result<std::vector<std::string>> tomlTexts(const toml::table &table, std::string_view key,
                                           const std::string &file);

} // namespace hotloop::cli
