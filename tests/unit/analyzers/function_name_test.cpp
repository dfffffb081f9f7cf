#include "analyzers/counters/function_name.h"

#include <gtest/gtest.h>

namespace hotloop {
namespace {

TEST(FunctionName, DropsParametersReturnTypesAndUnnamedNamespaces) {
  EXPECT_EQ(functionName("ns::f(int, std::vector<int, std::allocator<int> > const&)"), "ns::f");
  EXPECT_EQ(functionName("void ns::(anonymous namespace)::f<int>(int) const"), "ns::f<int>");
  EXPECT_EQ(functionName("ns::Class<a, b>::member(ns::Other<(int)3>)"), "ns::Class<a, b>::member");
  EXPECT_EQ(functionName("std::pair<int, long> make<std::pair<int, long> >(int)"),
            "make<std::pair<int, long> >");
}

TEST(FunctionName, KeepsOperatorsWhole) {
  EXPECT_EQ(functionName("ns::Set::operator()(int) const"), "ns::Set::operator()");
  EXPECT_EQ(functionName("at::operator<<(std::ostream&, at::Tensor const&)"), "at::operator<<");
  EXPECT_EQ(functionName("ns::operator<=>(ns::A, ns::B)"), "ns::operator<=>");
  EXPECT_EQ(functionName("ns::Pointer::operator->() const"), "ns::Pointer::operator->");
  EXPECT_EQ(functionName("ns::Flag::operator bool() const"), "ns::Flag::operator bool");
}

TEST(FunctionName, LeavesAloneWhatIsNoSignature) {
  for (const char *name :
       {"main", "", "<module>", "Model.forward", "outer.<locals>.<lambda>", "a(b"})
    EXPECT_EQ(functionName(name), std::string(name) == "a(b" ? "a" : name);
}

} // namespace
} // namespace hotloop
