#include "core/certificate.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/run_work.h"
#include "core/certificate_html.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace godwit::cli {

namespace {

void print_what_was_written(Session& session, const std::string& run, const CertificateArguments& arguments) {
    if (session.options.output == Output::text) {
        if (!arguments.html.empty())
            *session.out << "Page: " << printable(arguments.html) << "\n";
        *session.out << "Certificate: " << printable(arguments.file) << "\n";
        return;
    }
    Json json{{"schema", "godwit.certificate-written/v1"}, {"run", run}, {"file", printable(arguments.file)}};
    if (!arguments.html.empty())
        json["page"] = printable(arguments.html);
    *session.out << canonical_json(json) << "\n";
}

} // namespace

Result<int> run_certificate(Session& session, const CertificateArguments& arguments) {
    auto& state = *TRY(session.existing_state());
    const auto id = TRY(find_run(state, arguments.run));
    const auto certificate = TRY(core::certificate(state, id));
    if (!arguments.html.empty()) {
        StringSink page;
        TRY(core::write_certificate_html(certificate, page));
        TRY(write_file_durably(arguments.html, std::move(page).release()));
    }
    if (!arguments.file.empty())
        TRY(write_file_durably(arguments.file, certificate + "\n"));
    if (arguments.file.empty())
        *session.out << certificate << "\n";
    else
        print_what_was_written(session, id, arguments);
    return TRY(core::report_run(state, id)).exit_code();
}

} // namespace godwit::cli
