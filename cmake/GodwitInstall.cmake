# What ships is one folder: bin/godwit, its shared libraries in lib/ where it finds them by $ORIGIN, and the licences.
if(NOT TARGET godwit)
  return()
endif()
set_target_properties(godwit PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
install(TARGETS godwit RUNTIME DESTINATION bin)
install(IMPORTED_RUNTIME_ARTIFACTS Arrow::arrow Arrow::parquet DuckDB::duckdb LIBRARY DESTINATION lib)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION .)
install(DIRECTORY ${GODWIT_DEPS}/pyarrow/licenses/ DESTINATION licenses/arrow)
install(DIRECTORY ${GODWIT_DEPS}/duckdb/licenses/ DESTINATION licenses/duckdb)
# Header-only libraries and those that Debian delivers: their texts lie where Debian puts them.
foreach(package libboost1.81-dev libcli11-dev libexpected-dev nlohmann-json3-dev libcurl4 libpq5
        libsnappy1v5 libsqlite3-0 libssl3 libzstd1 zlib1g libbz2-1.0)
  if(EXISTS /usr/share/doc/${package}/copyright)
    install(FILES /usr/share/doc/${package}/copyright DESTINATION licenses RENAME ${package}.txt)
  endif()
endforeach()
# `cmake --install --strip` strips what was built here; the libraries that were fetched are stripped as well.
install(CODE [[
  if(CMAKE_INSTALL_DO_STRIP)
    file(GLOB libraries "${CMAKE_INSTALL_PREFIX}/lib/*.so*")
    execute_process(COMMAND strip --strip-unneeded ${libraries} COMMAND_ERROR_IS_FATAL ANY)
  endif()
]])
