#include "analyzers/compare/kernel_family.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <memory>

#include <cxxabi.h>

namespace hotloop {

namespace {

// "N7cutlass13device_kernel" at `at` as "cutlass::device_kernel"; `at` ends behind it.
std::string nestedName(std::string_view mangled, std::size_t &at) {
  std::string name;
  if (at >= mangled.size() || mangled[at] != 'N') return name;
  for (++at; at < mangled.size() && std::isdigit(static_cast<unsigned char>(mangled[at])) != 0;) {
    std::size_t length = 0;
    for (; at < mangled.size() && std::isdigit(static_cast<unsigned char>(mangled[at])) != 0; ++at)
      length = std::min<std::size_t>(length * 10 + static_cast<std::size_t>(mangled[at] - '0'),
                                     mangled.size());
    if (length > mangled.size() - at) return name;
    name += (name.empty() ? "" : "::") + std::string(mangled.substr(at, length));
    at += length;
  }
  return name;
}

// nvcc writes names of long templates (CUTLASS 3) that no demangler reads: at least the function,
// and the template that is its first argument.
std::string beginOf(std::string_view mangled) {
  std::size_t at = 2;
  const std::string function = nestedName(mangled, at);
  if (function.empty()) return std::string(mangled);
  std::string argument;
  if (at < mangled.size() && mangled[at] == 'I') argument = nestedName(mangled, ++at);
  return argument.empty() ? function : function + "<" + argument + ">";
}

std::string demangled(std::string_view name) {
  std::string text(name);
  if (!name.starts_with("_Z")) return text;
  int status = 0;
  const std::unique_ptr<char, void (*)(void *)> result(
      abi::__cxa_demangle(text.c_str(), nullptr, nullptr, &status), std::free);
  return status == 0 && result ? std::string(result.get()) : beginOf(name);
}

void removeAll(std::string &text, std::string_view part) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at))
    text.erase(at, part.size());
}

// "void f<a<b>>(int)::{lambda(int)#1}" without what stands in () and <>; the first template
// argument goes to `argument`.
std::string withoutBrackets(const std::string &text, std::string &argument) {
  std::string out;
  int depth = 0;
  bool first = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool shift = text.compare(i, 9, "operator<") == 0 || text.compare(i, 9, "operator(") == 0;
    if (shift && depth == 0) {
      out += "operator";
      break;
    }
    if (c == '<' || c == '(' || c == '{') {
      ++depth;
      continue;
    }
    if (c == '>' || c == ')' || c == '}') {
      depth -= depth > 0 ? 1 : 0;
      if (depth == 0) first = false;
      continue;
    }
    if (depth == 0) out += c;
    if (depth == 1 && first && out.find('(') == std::string::npos) {
      if (c == ',')
        first = false;
      else
        argument += c;
    }
  }
  return out;
}

constexpr std::array<std::string_view, 9> kArchitectures = {"ampere_", "hopper_",  "volta_",
                                                            "turing_", "maxwell_", "pascal_",
                                                            "kepler_", "ada_",     "blackwell_"};

// Numbers in the tags between underscores; a number inside of a word ("log1p", "im2col", "conv2d")
// belongs to it unless the tag is a type, tile or version.
std::string withoutNumbers(const std::string &text) {
  std::string out;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('_', begin), text.size());
    const std::string tag = text.substr(begin, end - begin);
    std::size_t digits = 0;
    for (const char c : tag) digits += std::isdigit(static_cast<unsigned char>(c)) != 0 ? 1 : 0;
    const bool known = tag.starts_with("sm") || tag.starts_with("bf") || tag.starts_with("f16") ||
                       tag.starts_with("fp") || tag.starts_with("tf32") ||
                       tag.starts_with("align") || tag.starts_with("stage") ||
                       tag.starts_with("ldg");
    if (digits != 0 && (known || digits * 2 >= tag.size())) {
      bool inNumber = false;
      for (const char c : tag) {
        const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
        if (!digit)
          out += c;
        else if (!inNumber)
          out += '*';
        inNumber = digit;
      }
    } else {
      out += tag;
    }
    if (end < text.size()) out += '_';
    begin = end + 1;
  }
  return out;
}

// "_7", "_0d1d2d3" at the end of what Triton and Inductor compile.
void dropTritonNumbers(std::string &text) {
  while (true) {
    const std::size_t bar = text.rfind('_');
    if (bar == std::string::npos || bar + 1 == text.size()) return;
    for (std::size_t i = bar + 1; i < text.size(); ++i) {
      const char c = text[i];
      if (std::isdigit(static_cast<unsigned char>(c)) == 0 && c != 'd' && c != 'c' && c != 'e')
        return;
    }
    if (std::isdigit(static_cast<unsigned char>(text[bar + 1])) == 0) return;
    text.erase(bar);
  }
}

} // namespace

std::string kernelFamily(std::string_view name) {
  std::string full = demangled(name);
  removeAll(full, "(anonymous namespace)::");
  std::string argument;
  std::string base = withoutBrackets(full, argument);
  if (const std::size_t blank = base.find_last_of(' '); blank != std::string::npos) {
    // The return type; a trailing blank belongs to "[clone ...]" and the like.
    if (blank + 1 < base.size()) base.erase(0, blank + 1);
  }
  // CUTLASS calls every kernel alike; what it does is its first argument.
  if ((base == "cutlass::Kernel" || base == "cutlass::Kernel2" ||
       base == "cutlass::device_kernel") &&
      !argument.empty())
    base = argument;
  if (base.starts_with("triton_")) dropTritonNumbers(base);
  for (const std::string_view architecture : kArchitectures)
    if (base.starts_with(architecture)) base.erase(0, architecture.size());
  base = withoutNumbers(base);
  while (!base.empty() && base.back() == ' ') base.pop_back();
  return base.empty() ? std::string(name) : base;
}

} // namespace hotloop
