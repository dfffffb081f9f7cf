# LibTorch. Its CMake package ignores CMAKE_CUDA_ARCHITECTURES and wants TORCH_CUDA_ARCH_LIST instead.
if(NOT DEFINED TORCH_CUDA_ARCH_LIST)
  set(TORCH_CUDA_ARCH_LIST "8.0;9.0a+PTX")
endif()
find_package(Torch QUIET)
if(NOT Torch_FOUND)
  message(FATAL_ERROR "LibTorch was not found: run tools/setup (PyPI: torch==2.11.0), or point Torch_DIR "
                      "at its share/cmake/Torch, or set HOTLOOP_WITH_TORCH=OFF")
endif()
# torch adds -D_GLIBCXX_USE_CXX11_ABI=1, the default of every compiler we support.
add_library(hotloop_torch INTERFACE)
target_link_libraries(hotloop_torch INTERFACE ${TORCH_LIBRARIES})
get_filename_component(HOTLOOP_TORCH_LIBRARY_DIR "${TORCH_LIBRARY}" DIRECTORY)
