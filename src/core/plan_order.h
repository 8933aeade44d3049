#pragma once

#include "base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::core {

/// Sorts the steps of a plan by (depth, key) on disk, so that planning a large estate needs little memory.
/// SQLite is the sorter: a private file that is removed with the object.
class PlanOrder {
public:
    static Result<PlanOrder> create(const std::string& file);
    ~PlanOrder();
    PlanOrder(PlanOrder&&) noexcept;

    struct Step {
        std::string id;
        std::string key;
        std::string line;                    ///< as plan_step_to_json gives it
        std::vector<std::string> depends_on; ///< step keys
    };
    /// Two steps of one id are an error.
    Status add(const Step& step);
    /// Computes the depths; a dependency that is no step and a cycle are errors.
    Status arrange();
    Status each(const std::function<Status(std::int64_t depth, std::string_view line)>& visit) const;

private:
    struct Impl;
    explicit PlanOrder(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace godwit::core
