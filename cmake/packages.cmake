# What `cmake --install` puts beside the program, and the packages that `cpack -G DEB` and `cpack -G RPM` make of it.
include(GNUInstallDirs)

set(CMAKE_INSTALL_DOCDIR ${CMAKE_INSTALL_DATAROOTDIR}/doc/btfx)
install(TARGETS btfx)
install(FILES completions/btfx.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME btfx)
install(FILES completions/_btfx DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES completions/btfx.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES README.md LICENSES/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
file(GLOB documents CONFIGURE_DEPENDS docs/*.md)
install(FILES ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(DIRECTORY LICENSES DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN copyright EXCLUDE)
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} USE_SOURCE_PERMISSIONS
  PATTERN install-dependencies.sh EXCLUDE PATTERN quickstart.sh EXCLUDE)

# Distributions want manual pages and changelogs compressed; without gzip, they are installed as they are.
find_program(GZIP gzip)
function(install_compressed directory) # FILE...; CHANGELOG.md becomes changelog
  if(NOT GZIP)
    install(FILES ${ARGN} DESTINATION ${directory})
    return()
  endif()
  foreach(file IN LISTS ARGN)
    cmake_path(GET file FILENAME name)
    string(REPLACE CHANGELOG.md changelog name ${name})
    set(compressed ${CMAKE_CURRENT_BINARY_DIR}/compressed/${name}.gz)
    add_custom_command(OUTPUT ${compressed} COMMAND ${GZIP} -9cn ${file} > ${compressed} DEPENDS ${file} VERBATIM)
    list(APPEND all_compressed ${compressed})
  endforeach()
  string(MAKE_C_IDENTIFIER compress_${directory} target)
  add_custom_target(${target} ALL DEPENDS ${all_compressed})
  install(FILES ${all_compressed} DESTINATION ${directory})
endfunction()
file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/compressed)
file(GLOB man_pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/man/*.1)
install_compressed(${CMAKE_INSTALL_MANDIR}/man1 ${man_pages})
configure_file(cmake/changelog.Debian.in ${CMAKE_CURRENT_BINARY_DIR}/compressed/changelog.Debian @ONLY)
install_compressed(${CMAKE_INSTALL_DOCDIR}
  ${CMAKE_SOURCE_DIR}/CHANGELOG.md ${CMAKE_CURRENT_BINARY_DIR}/compressed/changelog.Debian)

set(CPACK_PACKAGE_NAME btfx)
set(CPACK_PACKAGE_VENDOR "the btfx authors")
set(CPACK_PACKAGE_CONTACT "the btfx authors <authors@btfx.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "tool for BTF, the types inside Linux kernels and modules")
set(CPACK_PACKAGE_DESCRIPTION "btfx reads, checks, compares and transforms BTF, the BPF Type
Format, in kernels, modules and BPF objects: it prints types, tells
whether modules fit a kernel, distills and relocates their BTF, drops
what the kernel has already, and compares kernels.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libarchive13t64 | libarchive13")  # which is not linked with
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bpftool, dwarves")
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE "GPL-2.0-only OR BSD-2-Clause")
set(CPACK_RPM_PACKAGE_GROUP Development/Tools)
set(CPACK_RPM_PACKAGE_REQUIRES libarchive)
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION
  /usr/share/man /usr/share/man/man1 /usr/share/bash-completion /usr/share/bash-completion/completions /usr/share/zsh
  /usr/share/zsh/site-functions /usr/share/fish /usr/share/fish/vendor_completions.d /usr/share/doc)
include(CPack)
