# What to build. A part that is ON and cannot be built stops the configuration with the sentence that
# names the package; nothing is left out in silence.
option(HOTLOOP_WITH_NVTX "NVTX collector and NVTX marks (needs the NVTX v3 headers)" ON)
option(HOTLOOP_WITH_TORCH "LibTorch plugin, reference MoE, samples that use LibTorch" ON)
option(HOTLOOP_WITH_CUDA "CUDA kernels and CUDA samples (needs nvcc)" ON)
option(HOTLOOP_WITH_CUPTI "CUDA collector (needs the headers of CUPTI 13)" ON)
option(HOTLOOP_WITH_GUI "Qt viewer" ON)
option(HOTLOOP_STATIC_DEPENDENCIES "Link fmt, SQLite and libdw into the programs, for the bundle" OFF)
option(HOTLOOP_BUILD_TESTS "Tests, fuzz targets and benchmarks" ON)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(HOTLOOP_CCACHE ccache)
if(HOTLOOP_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${HOTLOOP_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${HOTLOOP_CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${HOTLOOP_CCACHE})
endif()

# Warnings for our own code; -Werror comes from the presets.
add_library(hotloop_warnings INTERFACE)
target_compile_options(hotloop_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual>)
