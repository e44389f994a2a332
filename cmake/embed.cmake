# Files as constants of the program: edit a file, and only the source file made of it is compiled again.
#
# btfx_embed(TARGET FUNCTION FILE...) adds to TARGET the definition of
#     std::span<const btfx::BuiltInFile> btfx::FUNCTION();
# with the name and the content of each file, in the order given. Declare it where it is used; the type is in
# base/built_in_file.h. The files hold text, and nowhere `)built_in"`.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(btfx_embed_script ${CMAKE_CURRENT_LIST_FILE})
  function(btfx_embed target function)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/built_in/${function}.cc)
    list(JOIN ARGN "|" files)
    add_custom_command(OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DFUNCTION=${function} -DFILES=${files} -P ${btfx_embed_script}
      DEPENDS ${ARGN} ${btfx_embed_script}
      COMMENT "Embedding the files of ${function}()"
      VERBATIM)
    target_sources(${target} PRIVATE ${output})
  endfunction()
  return()
endif()

set(text "// Made by cmake/embed.cmake.\n#include <array>\n#include <span>\n\n#include \"base/built_in_file.h\"\n\n")
string(APPEND text "namespace btfx {\n\nstd::span<const BuiltInFile> ${FUNCTION}();\n\n")
string(APPEND text "std::span<const BuiltInFile> ${FUNCTION}() {\n")
string(REPLACE "|" ";" files "${FILES}")
list(LENGTH files count)
string(APPEND text "  static constexpr std::array<BuiltInFile, ${count}> files{{\n")
foreach(file IN LISTS files)
  cmake_path(GET file FILENAME name)
  file(READ ${file} content)
  if(content MATCHES "\\)built_in\"")
    message(FATAL_ERROR "${file} holds the characters that end a constant")
  endif()
  string(APPEND text "      {\"${name}\", R\"built_in(${content})built_in\"},\n")
endforeach()
string(APPEND text "  }};\n  return files;\n}\n\n}  // namespace btfx\n")
file(WRITE ${OUTPUT} "${text}")
