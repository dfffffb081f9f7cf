#pragma once

#include <string>
#include <string_view>

namespace hotloop {

// A demangled function as people say it: without parameters, return type of a template and unnamed
// namespaces ("void ns::(anonymous namespace)::f<int>(int) const" is "ns::f<int>"). Names that are
// no C++ signature, Python's among them, stay as they are.
std::string functionName(std::string_view signature);

} // namespace hotloop
