#include "cli/gate/toml_reader.h"

#include <fmt/format.h>

#include "cli/arguments/suggest.h"

namespace hotloop::cli {

namespace {

Unexpected wrongType(const toml::node &node, const std::string &file, std::string_view key,
                     const char *wanted) {
  return Unexpected(
      invalidInput(fmt::format("{}{} must be {}", tomlPlace(file, node), key, wanted)));
}

} // namespace

int tomlLine(const toml::node &node) { return static_cast<int>(node.source().begin.line); }

std::string tomlPlace(const std::string &file, const toml::node &node) {
  return fmt::format("{}:{}: ", file, tomlLine(node));
}

Result<toml::table> parseToml(const std::string &text, const std::string &file) {
  toml::parse_result parsed = toml::parse(text, file);
  if (parsed.succeeded()) return std::move(parsed).table();
  const toml::parse_error &error = parsed.error();
  std::string hint;
  const std::string description(error.description());
  if (description.find("redefine") != std::string::npos)
    hint = "; a key may stand only once";
  else if (description.find("string") != std::string::npos)
    hint = "; texts stand in quotes: key = \"value\"";
  else
    hint = "; values with units are texts: max_growth = \"5%\"";
  return Unexpected(
      invalidInput(fmt::format("{}:{}:{}: this is not TOML: {}{}", file, error.source().begin.line,
                               error.source().begin.column, description, hint)));
}

Result<void> onlyKeys(const toml::table &table, const std::vector<std::string_view> &known,
                      const std::string &file, const std::string &where) {
  for (const auto &[key, node] : table) {
    const std::string_view name = key.str();
    bool found = false;
    for (const std::string_view one : known) found = found || one == name;
    if (found) continue;
    std::string list;
    for (const std::string_view one : known) list += (list.empty() ? "" : ", ") + std::string(one);
    return Unexpected(invalidInput(
        fmt::format("{}:{}: unknown key '{}'{}{} (known: {})", file, key.source().begin.line, name,
                    where.empty() ? "" : " in " + where, didYouMean(name, known), list)));
  }
  return {};
}

Result<std::string> tomlText(const toml::table &table, std::string_view key,
                             const std::string &file, std::string fallback) {
  const toml::node *node = table.get(key);
  if (node == nullptr) return fallback;
  if (const auto *text = node->as_string()) return text->get();
  return wrongType(*node, file, key, "a text in quotes");
}

Result<std::int64_t> tomlWhole(const toml::table &table, std::string_view key,
                               const std::string &file, std::int64_t fallback) {
  const toml::node *node = table.get(key);
  if (node == nullptr) return fallback;
  if (const auto *whole = node->as_integer()) return whole->get();
  return wrongType(*node, file, key, "a whole number");
}

Result<double> tomlNumber(const toml::table &table, std::string_view key, const std::string &file,
                          double fallback) {
  const toml::node *node = table.get(key);
  if (node == nullptr) return fallback;
  if (const auto *whole = node->as_integer()) return static_cast<double>(whole->get());
  if (const auto *real = node->as_floating_point()) return real->get();
  return wrongType(*node, file, key, "a number");
}

Result<std::vector<std::string>> tomlTexts(const toml::table &table, std::string_view key,
                                           const std::string &file) {
  std::vector<std::string> texts;
  const toml::node *node = table.get(key);
  if (node == nullptr) return texts;
  const auto *array = node->as_array();
  if (array == nullptr) return wrongType(*node, file, key, "a list of texts: [\"a\", \"b\"]");
  for (const toml::node &item : *array) {
    const auto *text = item.as_string();
    if (text == nullptr) return wrongType(item, file, key, "a list of texts: [\"a\", \"b\"]");
    texts.push_back(text->get());
  }
  return texts;
}

} // namespace hotloop::cli
