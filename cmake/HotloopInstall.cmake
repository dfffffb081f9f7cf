# The bundle (docs/architecture.md): folders install what they build; here comes what is not ours.
#   cmake --preset release && cmake --build --preset release && cmake --install build/release --prefix DIR
# Not --strip: call sites in the reference and the samples come from their symbols and lines.
include(GNUInstallDirs)

# The unwinder travels beside libhotloop.so, which opens it privately and never links to it.
foreach(library unwind:libunwind.so.8 lzma:liblzma.so.5)
  string(REPLACE ":" ";" library ${library})
  list(GET library 0 name)
  list(GET library 1 soname)
  find_library(HOTLOOP_${name}_SONAME ${soname})
  if(HOTLOOP_${name}_SONAME)
    file(REAL_PATH ${HOTLOOP_${name}_SONAME} path)
    install(FILES ${path} DESTINATION lib RENAME ${soname})
  endif()
endforeach()
# simdjson is linked to hotloop itself; where it is a shared library, it travels along.
get_target_property(HOTLOOP_SIMDJSON_TYPE simdjson::simdjson TYPE)
if(HOTLOOP_SIMDJSON_TYPE STREQUAL "SHARED_LIBRARY")
  install(IMPORTED_RUNTIME_ARTIFACTS simdjson::simdjson LIBRARY DESTINATION lib)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md DESTINATION share/doc/hotloop)
