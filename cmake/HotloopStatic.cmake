# The bundle runs on machines that have none of our libraries: the same target names, but linked in.
# Debian ships fmt without an archive, so it is compiled in from its headers.
function(hotloop_archive variable name package)
  find_library(${variable} ${name})
  if(NOT ${variable})
    message(FATAL_ERROR "${name} was not found: install ${package}, or set HOTLOOP_STATIC_DEPENDENCIES=OFF")
  endif()
endfunction()

find_path(HOTLOOP_FMT_INCLUDE fmt/core.h REQUIRED)
add_library(fmt::fmt INTERFACE IMPORTED)
target_include_directories(fmt::fmt INTERFACE ${HOTLOOP_FMT_INCLUDE})
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY=1)

hotloop_archive(HOTLOOP_SQLITE_ARCHIVE libsqlite3.a libsqlite3-dev)
add_library(SQLite::SQLite3 INTERFACE IMPORTED)
target_link_libraries(SQLite::SQLite3 INTERFACE
  ${HOTLOOP_SQLITE_ARCHIVE} Threads::Threads m ${CMAKE_DL_LIBS})

hotloop_archive(HOTLOOP_DW_ARCHIVE libdw.a libdw-dev)
hotloop_archive(HOTLOOP_ELF_ARCHIVE libelf.a libelf-dev)
hotloop_archive(HOTLOOP_BZ2_ARCHIVE libbz2.a libbz2-dev)
hotloop_archive(HOTLOOP_LZMA_ARCHIVE liblzma.a liblzma-dev)
hotloop_archive(HOTLOOP_Z_ARCHIVE libz.a zlib1g-dev)
add_library(PkgConfig::LIBDW INTERFACE IMPORTED)
target_link_libraries(PkgConfig::LIBDW INTERFACE
  ${HOTLOOP_DW_ARCHIVE} ${HOTLOOP_ELF_ARCHIVE} ${HOTLOOP_BZ2_ARCHIVE} ${HOTLOOP_LZMA_ARCHIVE}
  ${HOTLOOP_Z_ARCHIVE} Threads::Threads ${CMAKE_DL_LIBS})
