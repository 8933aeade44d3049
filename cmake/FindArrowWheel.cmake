# The C++ libraries inside the Python wheel `pyarrow`, unpacked below ARROW_WHEEL_ROOT.
# The wheel has no CMake package and only versioned libraries (libarrow.so.2600), so targets are declared here:
#   Arrow::arrow  Arrow::parquet
# They are imported and shared; their headers are system headers.
if(NOT ARROW_WHEEL_ROOT)
  set(ARROW_WHEEL_ROOT ${CMAKE_SOURCE_DIR}/.deps/pyarrow)
endif()
set(wheel ${ARROW_WHEEL_ROOT}/pyarrow)

unset(ArrowWheel_VERSION)
unset(so_version)
if(EXISTS ${wheel}/include/arrow/util/config.h)
  file(STRINGS ${wheel}/include/arrow/util/config.h lines REGEX "#define ARROW_(VERSION_STRING|SO_VERSION) ")
  foreach(line IN LISTS lines)
    if(line MATCHES "ARROW_VERSION_STRING \"([0-9.]+)\"")
      set(ArrowWheel_VERSION ${CMAKE_MATCH_1})
    elseif(line MATCHES "ARROW_SO_VERSION \"([0-9]+)\"")
      set(so_version ${CMAKE_MATCH_1})
    endif()
  endforeach()
  if(EXISTS ${wheel}/libarrow.so.${so_version} AND EXISTS ${wheel}/libparquet.so.${so_version})
    set(ArrowWheel_INCLUDE_DIR ${wheel}/include)
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ArrowWheel
  REQUIRED_VARS ArrowWheel_INCLUDE_DIR
  VERSION_VAR ArrowWheel_VERSION
  REASON_FAILURE_MESSAGE "no pyarrow wheel in ${ARROW_WHEEL_ROOT}: run scripts/setup.sh")

function(arrow_wheel_target name)
  if(TARGET Arrow::${name})
    return()
  endif()
  add_library(Arrow::${name} SHARED IMPORTED GLOBAL)
  set_target_properties(Arrow::${name} PROPERTIES
    IMPORTED_LOCATION ${wheel}/lib${name}.so.${so_version}
    IMPORTED_SONAME lib${name}.so.${so_version}
    INTERFACE_INCLUDE_DIRECTORIES ${ArrowWheel_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()

if(ArrowWheel_FOUND)
  find_package(Threads REQUIRED)
  arrow_wheel_target(arrow Threads::Threads)
  arrow_wheel_target(parquet Arrow::arrow)
endif()
