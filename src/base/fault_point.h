#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace godwit {

/// Named places where tests make the process die or a call fail. Compiled in with -DGODWIT_FAULT_POINTS, else nothing.
///
/// Environment variable GODWIT_FAULT = `name:nth:kill` or `name:nth:error` acts at the nth pass of that point, counted
/// from 1, and at no other; `*` as name counts the passes of every point. GODWIT_FAULT_TRACE = a file to which the name
/// of every point is appended, one a line, when it is passed: so a test learns what a run passes, even one that dies.
/// Point names are `folder.place`, unique in the program; `godwit fault-points` lists all, executed or not: each
/// use puts its name into a linker section.
std::vector<std::string> fault_point_names();
/// What FAULT_POINT calls. A kill is a SIGKILL to the own process; an error is of kind io.
Status pass_fault_point(const char* name);

/// `die`: this pass and every later one of any point fails, so that nothing more is committed, until the fault is
/// replaced: what a kill leaves behind, in a process that lives on. Not for the environment.
enum class FaultAction { kill, error, die };

/// For tests in the same process: replaces what the environment said and sets the counters to zero.
void set_fault(const std::string& name, std::uint64_t nth, FaultAction action);
/// No fault any more; counters at zero.
void clear_fault();
/// Passes since the last set_fault or clear_fault; `*` for all points together.
std::uint64_t fault_passes(const std::string& name = "*");

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
