#pragma once

#include "store/rows.h"

#include <string>

/// The value that a person is shown when a step gets stuck, and allows to be removed with `run resolve --undo`; or the
/// decision that what is not as it was made stays (`run resolve --forget`). Both stand in the step's result beside what
/// the step kind recorded there.
namespace godwit::core {

void note_present_value(store::StepRow& row, const std::string& value);
/// What was noted becomes what may be removed.
void permit_present_value(store::StepRow& row);
/// Empty: none.
std::string permitted_value(const store::StepRow& row);
void give_up_changed(store::StepRow& row);
bool leaves_changed(const store::StepRow& row);
/// A decision ends when the step acts again.
void forget_values(store::StepRow& row);

} // namespace godwit::core
