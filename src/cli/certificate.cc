#include "core/certificate.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "core/certificate_html.h"

#include <ostream>

namespace godwit::cli {

Result<int> run_certificate(Session& session, const CertificateArguments& arguments) {
    auto& state = *TRY(session.existing_state());
    const auto id = TRY(find_run(state, arguments.run));
    const auto json = TRY(core::certificate(state, id));
    if (!arguments.html.empty()) {
        StringSink page;
        TRY(core::write_certificate_html(json, page));
        TRY(write_file_durably(arguments.html, std::move(page).release()));
        if (!arguments.file.empty())
            *session.out << "Page: " << printable(arguments.html) << "\n";
    }
    if (arguments.file.empty()) {
        *session.out << json << "\n";
    } else {
        TRY(write_file_durably(arguments.file, json + "\n"));
        *session.out << "Certificate: " << printable(arguments.file) << "\n";
    }
    return TRY(core::report_run(state, id)).exit_code();
}

} // namespace godwit::cli
