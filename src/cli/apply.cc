#include "cli/commands.h"
#include "cli/progress.h"

#include <unistd.h>

#include <ostream>

namespace godwit::cli {

Result<int> run_apply(Session& session, const ApplyArguments& arguments) {
    auto& state = *TRY(session.state());
    core::Engine engine(state, *session.lanes, session.services);
    const auto progress = make_progress(session.options.progress, columns_of(STDERR_FILENO), *session.err,
                                        *session.services.clock, names_from(state));
    auto request = session.run_request(progress.get(), "godwit apply");
    if (arguments.takes_over)
        request.unrecorded = core::Unrecorded::take_over;
    const auto report = TRY(engine.apply(arguments.file, arguments.digest, request));
    return finish_run(session, report);
}

} // namespace godwit::cli
