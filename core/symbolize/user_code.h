#pragma once

#include <string_view>

namespace hotloop {

// Is this native code the user's own, and so a place worth naming as a site?
//
// modulePath: path of the executable or library; sourceFile: file of its line table, empty unknown;
// function: demangled name, empty unknown. The first rule that matches decides:
//   1. sourceFile under a system, C++ library, CUDA or LibTorch header folder, or written by the
//      toolchain's own build: false (their templates are compiled into the user's binary);
//   2. the module is a C, C++ or threading runtime, CPython, LibTorch, a CUDA or math library, or
//      hotloop's own: false;
//   3. the module lies in a system library folder or in Python's site-packages or dist-packages:
//   false;
//   4. function is start-up code of the C runtime, or, where sourceFile is unknown, belongs to the
//      namespaces std, at, c10, caffe2, torch, pybind11 or __gnu_cxx: false;
//   5. otherwise true.
// Pure and safe from any thread. The names are tables in user_code.cpp.
bool isUserCode(std::string_view modulePath, std::string_view sourceFile,
                std::string_view function = {});

} // namespace hotloop
