# The target `headers` compiles every header of src/ alone, with the warnings of everything else. A header that is the
# first include of the source file of its name is compiled alone there already.
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/src/*.h)
set(units)
foreach(header IN LISTS headers)
  string(REGEX REPLACE "[.]h$" ".cc" source ${CMAKE_SOURCE_DIR}/src/${header})
  set(first "")
  if(EXISTS ${source})
    file(STRINGS ${source} first REGEX "^#include" LIMIT_COUNT 1)
  endif()
  if(NOT first STREQUAL "#include \"${header}\"")
    set(unit ${CMAKE_BINARY_DIR}/headers/${header}.cc)
    file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"${header}\"\n")
    list(APPEND units ${unit})
  endif()
endforeach()
add_library(headers OBJECT EXCLUDE_FROM_ALL ${units})
target_link_libraries(headers PRIVATE godwit_options Arrow::parquet DuckDB::duckdb PostgreSQL::PostgreSQL
  nlohmann_json::nlohmann_json GTest::gmock)
# Headers of tests find their files by it.
target_compile_definitions(headers PRIVATE GODWIT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
