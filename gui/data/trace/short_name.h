#pragma once

#include <string>
#include <string_view>

namespace hotloop::gui {

// A name for a narrow place: without return type, parameters, template arguments and namespaces of
// libraries. "void at::native::foo<float, 4>(int)" is "foo<>", "foo<4, FillFunctor<int>>(int)" is
// "foo<FillFunctor>"; names of operators stay.
std::string shortName(std::string_view name);

} // namespace hotloop::gui
