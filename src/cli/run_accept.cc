#include "cli/commands.h"
#include "cli/run_work.h"

namespace godwit::cli {

Result<int> run_run_accept(Session& session, const RunArguments& arguments) {
    auto work = TRY(prepare_run(session, arguments, "godwit run accept"));
    return finish_run(
        session, TRY(work.engine.accept(work.run, arguments.step, arguments.reason, arguments.most, work.request)));
}

} // namespace godwit::cli
