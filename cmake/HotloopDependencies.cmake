# Third-party libraries. What ./demo and ./check install (tools/setup) is found through .cache/env, a
# link to the shared Python environment; your own copies are found in the usual CMake ways.
file(GLOB HOTLOOP_SITE_PACKAGES ${PROJECT_SOURCE_DIR}/.cache/env/lib/python3.*/site-packages)
if(HOTLOOP_SITE_PACKAGES)
  list(APPEND CMAKE_PREFIX_PATH ${HOTLOOP_SITE_PACKAGES}/torch/share/cmake)
endif()

# find_package for a part that was asked for: names the package to install when it is missing.
macro(hotloop_require package hint)
  find_package(${package} ${ARGN})
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "${package} was not found: ${hint}")
  endif()
endmacro()

find_package(Threads REQUIRED)
hotloop_require(PkgConfig "install pkg-config (Debian: apt-get install pkg-config)" QUIET)
if(HOTLOOP_STATIC_DEPENDENCIES)
  include(HotloopStatic)
else()
  hotloop_require(fmt "install libfmt-dev" QUIET)
  hotloop_require(SQLite3 "install libsqlite3-dev" QUIET)
  pkg_check_modules(LIBDW QUIET IMPORTED_TARGET libdw libelf)
  if(NOT LIBDW_FOUND)
    message(FATAL_ERROR "libdw was not found: install libdw-dev")
  endif()
endif()
hotloop_require(ZLIB "install zlib1g-dev" QUIET)
hotloop_require(nlohmann_json "install nlohmann-json3-dev" QUIET)
# Debian ships simdjson without an archive: the bundle carries the library (HotloopInstall).
hotloop_require(simdjson "install libsimdjson-dev" QUIET)
hotloop_require(CLI11 "install libcli11-dev" QUIET)
hotloop_require(tomlplusplus "install libtomlplusplus-dev" QUIET)
if(HOTLOOP_BUILD_TESTS)
  hotloop_require(GTest "install libgtest-dev libgmock-dev, or set HOTLOOP_BUILD_TESTS=OFF" QUIET)
  hotloop_require(benchmark "install libbenchmark-dev, or set HOTLOOP_BUILD_TESTS=OFF" QUIET)
endif()

if(HOTLOOP_WITH_NVTX)
  find_path(HOTLOOP_NVTX_INCLUDE nvtx3/nvToolsExt.h
    PATHS ${HOTLOOP_SITE_PACKAGES}/nvidia/cu13/include /usr/local/cuda/include)
  if(NOT HOTLOOP_NVTX_INCLUDE)
    message(FATAL_ERROR "nvtx3/nvToolsExt.h was not found: run tools/setup (PyPI: nvidia-nvtx), or set "
                        "HOTLOOP_WITH_NVTX=OFF")
  endif()
  # A folder that holds nothing but nvtx3/, so that no other CUDA header comes in with it.
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/include)
  file(CREATE_LINK ${HOTLOOP_NVTX_INCLUDE}/nvtx3 ${PROJECT_BINARY_DIR}/include/nvtx3 SYMBOLIC)
  add_library(hotloop_nvtx_headers INTERFACE)
  target_include_directories(hotloop_nvtx_headers SYSTEM INTERFACE ${PROJECT_BINARY_DIR}/include)
  target_link_libraries(hotloop_nvtx_headers INTERFACE ${CMAKE_DL_LIBS})
endif()

if(HOTLOOP_WITH_CUPTI)
  find_path(HOTLOOP_CUPTI_INCLUDE cupti.h
    HINTS ${HOTLOOP_SITE_PACKAGES}/nvidia/cu13/include /usr/local/cuda/include
      /usr/local/cuda/extras/CUPTI/include)
  find_path(HOTLOOP_CUDA_INCLUDE cuda.h
    HINTS ${HOTLOOP_SITE_PACKAGES}/nvidia/cu13/include /usr/local/cuda/include)
  if(NOT HOTLOOP_CUPTI_INCLUDE OR NOT HOTLOOP_CUDA_INCLUDE)
    message(FATAL_ERROR "cupti.h and cuda.h were not found: run tools/setup (PyPI: nvidia-cuda-cupti, "
                        "nvidia-cuda-runtime), or set HOTLOOP_WITH_CUPTI=OFF")
  endif()
  # Headers only: libcupti is opened at run time.
  add_library(hotloop_cupti_headers INTERFACE)
  target_include_directories(hotloop_cupti_headers SYSTEM INTERFACE
    ${HOTLOOP_CUPTI_INCLUDE} ${HOTLOOP_CUDA_INCLUDE})
  target_link_libraries(hotloop_cupti_headers INTERFACE ${CMAKE_DL_LIBS})
endif()

if(HOTLOOP_WITH_CUDA)
  include(HotloopCuda)
endif()
if(HOTLOOP_WITH_TORCH)
  include(HotloopTorch)
endif()
if(HOTLOOP_WITH_GUI)
  hotloop_require(Qt6 "install qt6-base-dev and libqt6svg6-dev, or set HOTLOOP_WITH_GUI=OFF" QUIET COMPONENTS Widgets Svg)
endif()
