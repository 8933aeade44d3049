#pragma once

#include "base/result.h"

#include <string>
#include <vector>

namespace godwit {

/// Named places where tests make the process die or a call fail. Compiled in with -DGODWIT_FAULT_POINTS, else nothing.
///
/// Environment variable GODWIT_FAULT = `name:nth:kill` or `name:nth:error`; `*` as name counts every point passed.
/// Point names are `folder.place`, unique in the program; `godwit fault-points` lists all, executed or not: each
/// use puts its name into a linker section.
std::vector<std::string> fault_point_names();
Status pass_fault_point(const char* name);

} // namespace godwit

#ifdef GODWIT_FAULT_POINTS
// The section holds pointers; `used` keeps them although nothing refers to them.
#define FAULT_POINT(name)                                                                                              \
    do {                                                                                                               \
        static const char* const godwit_fault_point_ __attribute__((section("godwit_faults"), used)) = name;           \
        TRY(::godwit::pass_fault_point(godwit_fault_point_));                                                          \
    } while (false)
#else
#define FAULT_POINT(name)                                                                                              \
    do {                                                                                                               \
    } while (false)
#endif
