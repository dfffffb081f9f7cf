#include "tests/unit/cli/json_schema.h"

#include <map>
#include <regex>

#include "tests/unit/cli/cli_harness.h"

namespace hotloop::cli {

namespace {

using Json = nlohmann::json;

const Json &document(const std::string &name) {
  static std::map<std::string, Json> cache;
  const auto found = cache.find(name);
  if (found != cache.end()) return found->second;
  return cache[name] = Json::parse(readFile(sourceFile("docs/schema/" + name)));
}

bool hasType(const Json &value, const std::string &type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "array") return value.is_array();
  return type == "object" && value.is_object();
}

class Checker {
public:
  std::vector<std::string> failures;

  void check(const Json &value, const Json &schema, const std::string &file,
             const std::string &at) {
    for (const auto &[keyword, argument] : schema.items()) {
      if (keyword == "$ref") {
        follow(value, argument.get<std::string>(), file, at);
      } else if (keyword == "allOf") {
        for (const Json &part : argument) check(value, part, file, at);
      } else if (keyword == "type") {
        const Json types = argument.is_array() ? argument : Json::array({argument});
        bool any = false;
        for (const Json &type : types) any = any || hasType(value, type.get<std::string>());
        if (!any) fail(at, "is not of type " + argument.dump() + ": " + value.dump().substr(0, 60));
      } else if (keyword == "enum") {
        if (std::find(argument.begin(), argument.end(), value) == argument.end())
          fail(at, value.dump() + " is none of " + argument.dump());
      } else if (keyword == "const") {
        if (value != argument) fail(at, value.dump() + " is not " + argument.dump());
      } else if (keyword == "minimum") {
        if (value.is_number() && value < argument)
          fail(at, value.dump() + " is below " + argument.dump());
      } else if (keyword == "maximum") {
        if (value.is_number() && value > argument)
          fail(at, value.dump() + " is above " + argument.dump());
      } else if (keyword == "pattern") {
        if (value.is_string() &&
            !std::regex_search(value.get<std::string>(), std::regex(argument.get<std::string>())))
          fail(at, value.dump() + " does not match " + argument.dump());
      } else if (keyword == "required") {
        for (const Json &key : argument)
          if (value.is_object() && !value.contains(key.get<std::string>()))
            fail(at, "lacks " + key.dump());
      } else if (keyword == "properties") {
        for (const auto &[key, part] : argument.items())
          if (value.is_object() && value.contains(key))
            check(value[key], part, file, at + "/" + key);
      } else if (keyword == "additionalProperties") {
        for (const auto &[key, part] : value.items())
          if (!schema.contains("properties") || !schema["properties"].contains(key))
            check(part, argument, file, at + "/" + key);
      } else if (keyword == "items") {
        for (std::size_t i = 0; value.is_array() && i < value.size(); ++i)
          check(value[i], argument, file, at + "/" + std::to_string(i));
      } else if (keyword != "$schema" && keyword != "$id" && keyword != "$defs" &&
                 keyword != "title" && keyword != "description") {
        fail(at, "the schema has a keyword that this check does not know: " + keyword);
      }
    }
  }

private:
  void follow(const Json &value, const std::string &reference, const std::string &file,
              const std::string &at) {
    const std::size_t hash = reference.find('#');
    const std::string target = hash == 0 ? file : reference.substr(0, hash);
    check(value, document(target).at(Json::json_pointer(reference.substr(hash + 1))), target, at);
  }
  void fail(const std::string &at, const std::string &what) {
    failures.push_back((at.empty() ? "/" : at) + ": " + what);
  }
};

} // namespace

JsonSchema::JsonSchema(const std::string &name) : name_(name + ".json") {}

std::vector<std::string> JsonSchema::check(const Json &value) const {
  Checker checker;
  checker.check(value, document(name_), name_, "");
  return checker.failures;
}

} // namespace hotloop::cli
