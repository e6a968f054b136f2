// What the operator says, as text: from flags and from a TOML file, not judged yet.
//
// A setting has one name everywhere: `runtime-dir` is --runtime-dir and, in the file, `runtime-dir`
// or `runtime_dir`. config.hpp turns options into a configuration. Thread rule: plain values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detector/result.hpp"

namespace memberd {

struct Options {
    std::optional<std::string> name;
    std::optional<std::string> cluster;
    std::optional<std::string> bind;
    std::optional<std::string> advertise;
    std::vector<std::string> join;
    std::optional<std::string> zone;
    std::optional<std::string> weight;
    std::map<std::string, std::string> tags;
    std::optional<std::string> profile;
    std::optional<std::string> detection;
    std::optional<std::string> runtime_dir;
    std::optional<std::string> data_dir;
    std::optional<std::string> keys;
    std::optional<bool> insecure;
    std::optional<std::string> http;
    std::optional<std::string> log_level;
    std::optional<std::string> log_format;
    // In the file only.
    std::optional<bool> leave_on_term;
    std::optional<double> restart_grace_s;

    bool operator==(const Options&) const = default;
};

// Reads TOML. Error (BadInput): the sentence begins with "FILE:LINE: ". `file` is for that only.
Result<Options> parse_options(std::string_view toml, const std::string& file);

// Reads the file and parses it.
Result<Options> load_options(const std::string& file);

// The flags, and the file's settings where a flag doesn't say otherwise. Lists are replaced as a
// whole, tags one by one.
Options merge(const Options& file, const Options& flags);

}  // namespace memberd
