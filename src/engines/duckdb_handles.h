#pragma once

#include <duckdb.h>

#include <memory>
#include <string>
#include <utility>

// DuckDB's C handles as values that destroy themselves. Private to this folder.
namespace godwit::engines {

template <typename Handle, void (*destroy)(Handle*)>
class Owned {
public:
    Owned() = default;
    explicit Owned(Handle handle) : handle_(handle) {}
    Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, Handle{})) {}
    Owned& operator=(Owned&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    ~Owned() { destroy(&handle_); }

    Handle get() const { return handle_; }
    Handle* address() { return &handle_; }

private:
    Handle handle_{};
};

using DatabaseHandle = Owned<duckdb_database, duckdb_close>;
using ConnectionHandle = Owned<duckdb_connection, duckdb_disconnect>;
using LogicalType = Owned<duckdb_logical_type, duckdb_destroy_logical_type>;
using ChunkHandle = Owned<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using StatementsHandle = Owned<duckdb_extracted_statements, duckdb_destroy_extracted>;
using PreparedHandle = Owned<duckdb_prepared_statement, duckdb_destroy_prepare>;
using PendingHandle = Owned<duckdb_pending_result, duckdb_destroy_pending>;
using ResultHandle = Owned<duckdb_result, duckdb_destroy_result>;
using ErrorHandle = Owned<duckdb_error_data, duckdb_destroy_error_data>;
using ArrowOptionsHandle = Owned<duckdb_arrow_options, duckdb_destroy_arrow_options>;
using ConvertedSchemaHandle = Owned<duckdb_arrow_converted_schema, duckdb_destroy_arrow_converted_schema>;

/// The message of an error, or nothing.
inline std::string message_of(const ErrorHandle& error) {
    return error.get() != nullptr && duckdb_error_data_has_error(error.get()) ? duckdb_error_data_message(error.get())
                                                                              : "";
}

/// Text that DuckDB allocated.
inline std::string take_text(const char* text) {
    const std::unique_ptr<void, void (*)(void*)> owner(const_cast<char*>(text), duckdb_free);
    return text == nullptr ? std::string() : std::string(text);
}

} // namespace godwit::engines
