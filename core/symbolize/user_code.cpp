#include "core/symbolize/user_code.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace hotloop {
namespace {

using Text = std::string_view;

// Rule 1. Anywhere in the path.
constexpr std::array kLibrarySourceParts = std::to_array<Text>({
    "/include/c++/",    // libstdc++, libc++
    "/include/ATen/",   // LibTorch, installed
    "/include/c10/",    //
    "/include/caffe2/", //
    "/include/torch/",  //
    "/torch/include/",  // and what it ships: pybind11, fmt, ...
    "/torch/csrc/",     // LibTorch, built from source
    "/aten/src/",       //
    "/c10/core/",       //
    "/c10/util/",       //
    "/c10/cuda/",       //
    "/include/pybind11/", "/nvtx3/",
    "/nvidia/cu12/", // headers of the CUDA wheels
    "/nvidia/cu13/",
    "/lib/gcc/", // compiler intrinsics
    "/sysdeps/", // glibc's own build
});
constexpr std::array kLibrarySourceStarts = std::to_array<Text>({
    "/usr/include/",
    "/usr/local/cuda",
    "/usr/lib/",
    "/build/glibc",
    "./csu/",
    "./nptl/",
});

// Rule 2. Start of the file name. A name that ends in '.' or '-' here is whole up to the version.
constexpr std::array kLibraryNames = std::to_array<Text>({
    "libc.",     "libc-",        "libm.",        "libm-",       "libpthread",
    "libdl.",    "libdl-",       "librt.",       "librt-",      "ld-linux",
    "ld-2.",     "ld.so",        "linux-vdso",   "[",           "libgcc_s",
    "libstdc++", "libc++",       "libunwind",    "libutil.",    "libresolv",
    "libasan",   "libtsan",      "libubsan",     "liblsan", // C, C++, sanitizers
    "libgomp",   "libomp.",      "libomp-",      "libiomp5",    "libtbb",
    "libmkl",    "libblas",      "liblapack",    "libopenblas", "libgfortran", // threads, math
    "libtorch",  "libc10",       "libshm",       "libcaffe2",   "libfbgemm",
    "libATen", // LibTorch
    "libcuda.",  "libcuda-",     "libcudart",    "libcublas",   "libcudnn",
    "libcufft",  "libcufile",    "libcurand",    "libcusolver", "libcusparse",
    "libcupti",  "libcudadevrt", "libnccl",      "libnvrtc",    "libnvToolsExt",
    "libnvidia", "libnvJitLink", "libnvjitlink", "libnvshmem",  "libnvtx", // CUDA
    "libpython", "libhotloop",
});

// Rule 3.
constexpr std::array kSystemFolders =
    std::to_array<Text>({"/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/"});
constexpr std::array kPackageFolders =
    std::to_array<Text>({"/site-packages/", "/dist-packages/", "/lib-dynload/"});

// Rule 4.
constexpr std::array kStartFunctions = std::to_array<Text>({
    "_start",
    "_init",
    "_fini",
    "__libc_start_main",
    "__libc_start_call_main",
    "__libc_csu_init",
    "frame_dummy",
    "register_tm_clones",
    "deregister_tm_clones",
    "__do_global_dtors_aux",
});
constexpr std::array kLibraryNamespaces = std::to_array<Text>({
    "std::",
    "at::",
    "c10::",
    "caffe2::",
    "torch::",
    "pybind11::",
    "__gnu_cxx::",
    "__cxxabiv1::",
});

template <std::size_t N> bool startsWithAny(Text text, const std::array<Text, N> &starts) {
  return std::any_of(starts.begin(), starts.end(), [&](Text s) { return text.starts_with(s); });
}
template <std::size_t N> bool containsAny(Text text, const std::array<Text, N> &parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](Text part) { return text.find(part) != Text::npos; });
}

// python, python3, python3.12, python3.13t
bool isPythonProgram(Text name) {
  if (!name.starts_with("python")) return false;
  name.remove_prefix(6);
  if (name.ends_with('t')) name.remove_suffix(1);
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
}

// "void std::vector<int>::f<a b>(int)" -> "std::vector<int>::f<a b>(int)": instances of function
// templates are printed with what they return.
Text withoutReturnType(Text function) {
  int nesting = 0;
  std::size_t name = 0;
  for (std::size_t i = 0; i < function.size(); ++i) {
    const Text before = function.substr(0, i);
    const bool inOperator = before.ends_with("operator") || before.ends_with("operator<") ||
                            before.ends_with("operator>") || before.ends_with("operator-");
    const char c = function[i];
    if (inOperator && (c == '<' || c == '>')) continue;
    if (c == '<') ++nesting;
    if (c == '>') --nesting;
    if (nesting > 0) continue;
    if (c == '(') break;
    const bool beforeArguments = i + 1 < function.size() && function[i + 1] == '<';
    if (c == ' ' && !before.ends_with("operator") && !beforeArguments) name = i + 1;
  }
  return function.substr(name);
}

} // namespace

bool isUserCode(std::string_view modulePath, std::string_view sourceFile,
                std::string_view function) {
  if (startsWithAny(sourceFile, kLibrarySourceStarts)) return false;
  if (containsAny(sourceFile, kLibrarySourceParts)) return false;

  const Text name = modulePath.substr(modulePath.rfind('/') + 1); // npos + 1 is 0
  if (startsWithAny(name, kLibraryNames) || isPythonProgram(name)) return false;
  if (startsWithAny(modulePath, kSystemFolders) || containsAny(modulePath, kPackageFolders))
    return false;

  if (std::find(kStartFunctions.begin(), kStartFunctions.end(), function) !=
      kStartFunctions.end()) {
    return false;
  }
  return !(sourceFile.empty() && startsWithAny(withoutReturnType(function), kLibraryNamespaces));
}

} // namespace hotloop
