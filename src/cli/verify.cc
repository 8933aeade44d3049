#include "cli/commands.h"
#include "cli/run_work.h"

namespace godwit::cli {

Result<int> run_verify(Session& session, const RunArguments& arguments) {
    auto work = TRY(prepare_run(session, arguments, "godwit verify"));
    return finish_run(session, TRY(work.engine.verify(work.run, work.request)));
}

} // namespace godwit::cli
