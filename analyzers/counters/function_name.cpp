#include "analyzers/counters/function_name.h"

namespace hotloop {

namespace {

constexpr std::string_view kUnnamed = "(anonymous namespace)::";
constexpr std::string_view kOperator = "operator";

std::string withoutUnnamed(std::string_view signature) {
  std::string text(signature);
  for (auto at = text.find(kUnnamed); at != std::string::npos; at = text.find(kUnnamed, at))
    text.erase(at, kUnnamed.size());
  return text;
}

bool endsWithOperator(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (!text.ends_with(kOperator)) return false;
  text.remove_suffix(kOperator.size());
  return text.empty() || text.back() == ':' || text.back() == ' ';
}

// Where the parameter list begins: the first parenthesis outside of template arguments that is not
// that of operator(). npos: no list.
std::size_t parametersBegin(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<' || text[i] == '>') {
      // operator<, operator<<, operator->, operator<=> ...
      std::size_t end = i;
      while (end < text.size() && (text[end] == '<' || text[end] == '>' || text[end] == '=')) ++end;
      std::string_view before = text.substr(0, i);
      if (before.ends_with('-')) before.remove_suffix(1);
      if (depth == 0 && endsWithOperator(before))
        i = end - 1;
      else
        depth += text[i] == '<' ? 1 : -1;
    } else if (text[i] == '(' && depth == 0) {
      if (!endsWithOperator(text.substr(0, i))) return i;
      i = text.find(')', i);
      if (i == std::string_view::npos) return i;
    }
  }
  return std::string_view::npos;
}

// The name behind a return type: after the last space outside of brackets, but "operator bool" is
// one.
std::string_view withoutReturnType(std::string_view name) {
  int depth = 0;
  for (std::size_t i = name.size(); i-- > 0;) {
    if (name[i] == '>' || name[i] == ')')
      ++depth;
    else if (name[i] == '<' || name[i] == '(')
      --depth;
    else if (name[i] == ' ' && depth == 0 && !endsWithOperator(name.substr(0, i)))
      return name.substr(i + 1);
  }
  return name;
}

} // namespace

std::string functionName(std::string_view signature) {
  std::string text = withoutUnnamed(signature);
  const std::size_t parameters = parametersBegin(text);
  if (parameters == std::string::npos || parameters == 0) return text;
  text.resize(parameters);
  if (text.find("operator") != std::string::npos) return text; // spaces may belong to the name
  return std::string(withoutReturnType(text));
}

} // namespace hotloop
