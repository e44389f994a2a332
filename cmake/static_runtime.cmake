# The dynamic linker takes half a millisecond to bind the C++ library, a quarter of what a start takes without this. The C
# libraries, which bind in no time, stay shared.
#
# Makes btfx_fmt, what to link with for fmt, and btfx_runtime, what the program links with besides.
option(BTFX_STATIC_RUNTIME "Link the C++ library and fmt into the program, if they are there to be linked so" ON)

add_library(btfx_runtime INTERFACE)
if(BTFX_STATIC_RUNTIME AND NOT BTFX_SANITIZE AND NOT DEFINED CACHE{BTFX_HAS_STATIC_RUNTIME})
  get_target_property(fmt_includes fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
  try_compile(BTFX_HAS_STATIC_RUNTIME ${CMAKE_BINARY_DIR}/static_runtime
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/static_runtime/probe.cc ${CMAKE_CURRENT_LIST_DIR}/static_runtime/fmt.cc
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${fmt_includes}"
    LINK_OPTIONS -static-libstdc++ -static-libgcc
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON)
  message(STATUS "C++ library and fmt inside the program: ${BTFX_HAS_STATIC_RUNTIME}")
endif()

if(BTFX_STATIC_RUNTIME AND NOT BTFX_SANITIZE AND BTFX_HAS_STATIC_RUNTIME)
  add_library(btfx_fmt STATIC ${CMAKE_CURRENT_LIST_DIR}/static_runtime/fmt.cc)
  target_include_directories(btfx_fmt SYSTEM PUBLIC $<TARGET_PROPERTY:fmt::fmt,INTERFACE_INCLUDE_DIRECTORIES>)
  target_link_options(btfx_runtime INTERFACE -static-libstdc++ -static-libgcc)
else()
  add_library(btfx_fmt INTERFACE)
  target_link_libraries(btfx_fmt INTERFACE fmt::fmt)
endif()
