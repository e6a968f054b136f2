// Reads the members of one JSON object, each once, and says what is wrong with the first bad one.
#pragma once

#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "detector/result.hpp"
#include "detector/time.hpp"

namespace memberd::sim {

class JsonFields {
  public:
    // The object must outlive this. `where` names it in sentences.
    JsonFields(const nlohmann::json& object, std::string where);

    // Each answers the value that is there; nothing if the key is absent or something was wrong.
    const nlohmann::json* any(std::string_view key);
    std::optional<std::string> text(std::string_view key);
    std::optional<double> number(std::string_view key);
    std::optional<bool> truth(std::string_view key);
    std::optional<std::uint64_t> count(std::string_view key, std::uint64_t max);
    // In milliseconds, to the nanosecond.
    std::optional<Duration> duration(std::string_view key);
    // Numbers, each at most `max`.
    std::optional<std::vector<std::uint32_t>> counts(std::string_view key, std::uint32_t max);

    void require(std::string_view key);
    void fail(std::string_view key, std::string_view what);
    // The first thing that was wrong, or a key that nobody asked for.
    [[nodiscard]] Status finish();

  private:
    const nlohmann::json& object_;
    std::string where_;
    std::set<std::string, std::less<>> asked_;
    Status status_;
};

// The other way.
double to_json_milliseconds(Duration value);

}  // namespace memberd::sim
