#include "cli/commands.h"
#include "cli/run_work.h"

namespace godwit::cli {

Result<int> run_run_resolve(Session& session, const RunArguments& arguments) {
    auto work = TRY(prepare_run(session, arguments, "godwit run resolve"));
    const auto resolution = arguments.decision == "adopt"    ? core::Resolution::adopt
                            : arguments.decision == "forget" ? core::Resolution::forget
                            : arguments.decision == "undo"   ? core::Resolution::undo
                                                             : core::Resolution::look;
    return finish_run(session, TRY(work.engine.resolve(work.run, arguments.step, resolution, work.request)));
}

} // namespace godwit::cli
