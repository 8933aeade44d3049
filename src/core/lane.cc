#include "core/lane.h"

namespace godwit::core {

Result<std::string> StepKind::before_image(StepContext&) { return std::string(); }

Result<std::vector<std::string>> Lane::write_reports(const AssessmentReader&, const std::string&) {
    return std::vector<std::string>();
}

} // namespace godwit::core
