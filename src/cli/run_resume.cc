#include "cli/commands.h"
#include "cli/run_work.h"

namespace godwit::cli {

Result<int> run_run_resume(Session& session, const RunArguments& arguments) {
    auto work = TRY(prepare_run(session, arguments, "godwit run resume"));
    return finish_run(session, TRY(work.engine.resume(work.run, arguments.replace, work.request)));
}

} // namespace godwit::cli
