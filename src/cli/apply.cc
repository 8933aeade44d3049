#include "cli/commands.h"
#include "cli/run_listener.h"
#include "cli/run_work.h"

namespace godwit::cli {

Result<int> run_apply(Session& session, const ApplyArguments& arguments) {
    auto& state = *TRY(session.state());
    core::Engine engine(state, *session.lanes, session.services);
    const auto listener = listener_of(session, state);
    auto request = session.run_request(listener.get(), "godwit apply");
    if (arguments.takes_over)
        request.unrecorded = core::Unrecorded::take_over;
    const auto report = TRY(engine.apply(arguments.file, arguments.digest, request));
    return finish_run(session, report);
}

} // namespace godwit::cli
