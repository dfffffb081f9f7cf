#pragma once

#include <string>
#include <string_view>

namespace hotloop::torch_collector {

// The version of the LibTorch that `libraryPath` (.../lib/libtorch_cpu.so) belongs to, as it writes
// it
// ("2.11.0+cu130"): from version.py beside a Python package's lib/, else from build-version of an
// unpacked LibTorch. "" when neither says.
std::string versionBeside(std::string_view libraryPath);

// `__version__ = '...'` of a version.py; "" when it has none.
std::string versionOfPython(std::string_view source);

// The release without the build's suffix ("2.11.0" of "2.11.0+cu130"): headers and symbols are
// those of the release. A nightly or a source build ("2.12.0.dev2026", "2.11.0a0+git1") is no
// release: "".
std::string_view release(std::string_view version);

} // namespace hotloop::torch_collector
