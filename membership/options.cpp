#include "membership/options.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace memberd {
namespace {

struct TextSetting {
    std::string_view name;
    std::optional<std::string> Options::*value;
};

constexpr std::array kTextSettings{
    TextSetting{"name", &Options::name},
    TextSetting{"cluster", &Options::cluster},
    TextSetting{"bind", &Options::bind},
    TextSetting{"advertise", &Options::advertise},
    TextSetting{"zone", &Options::zone},
    TextSetting{"profile", &Options::profile},
    TextSetting{"detection", &Options::detection},
    TextSetting{"runtime_dir", &Options::runtime_dir},
    TextSetting{"data_dir", &Options::data_dir},
    TextSetting{"keys", &Options::keys},
    TextSetting{"http", &Options::http},
    TextSetting{"log_level", &Options::log_level},
    TextSetting{"log_format", &Options::log_format},
};

// One file on its way to options; the first error stays.
class Reader {
  public:
    explicit Reader(std::string file) : file_(std::move(file)) {}

    Result<Options> read(const toml::table& table) {
        for (const auto& [key, value] : table) {
            std::string name(key.str());
            std::replace(name.begin(), name.end(), '-', '_');
            setting(name, key, value);
        }
        if (error_) {
            return *error_;
        }
        return std::move(options_);
    }

  private:
    void setting(const std::string& name, const toml::key& key, const toml::node& value) {
        for (const TextSetting& known : kTextSettings) {
            if (name == known.name) {
                options_.*known.value = text(key, value);
                return;
            }
        }
        if (name == "join") {
            join(key, value);
        } else if (name == "tags") {
            tags(key, value);
        } else if (name == "weight") {
            weight(key, value);
        } else if (name == "insecure") {
            options_.insecure = boolean(key, value);
        } else if (name == "leave_on_term") {
            options_.leave_on_term = boolean(key, value);
        } else if (name == "restart_grace") {
            options_.restart_grace_s = number(key, value);
        } else {
            fail(key.source(), fmt::format("unknown setting \"{}\"", key.str()));
        }
    }

    std::string text(const toml::key& key, const toml::node& value) {
        const auto text = value.value_exact<std::string>();
        if (!text) {
            fail(value.source(), fmt::format("{} must be a string", key.str()));
        }
        return text.value_or("");
    }

    bool boolean(const toml::key& key, const toml::node& value) {
        const auto truth = value.value_exact<bool>();
        if (!truth) {
            fail(value.source(), fmt::format("{} must be true or false", key.str()));
        }
        return truth.value_or(false);
    }

    double number(const toml::key& key, const toml::node& value) {
        if (!value.is_number()) {
            fail(value.source(), fmt::format("{} must be a number", key.str()));
        }
        return value.value<double>().value_or(0.0);
    }

    // As text, because "0.5" is judged at one place only.
    void weight(const toml::key& key, const toml::node& value) {
        if (const auto text = value.value_exact<std::string>()) {
            options_.weight = *text;
        } else {
            options_.weight = fmt::format("{}", number(key, value));
        }
    }

    void join(const toml::key& key, const toml::node& value) {
        const toml::array* list = value.as_array();
        if (list == nullptr) {
            fail(value.source(), "join must be an array of \"HOST:PORT\"");
            return;
        }
        for (const toml::node& entry : *list) {
            options_.join.push_back(text(key, entry));
        }
    }

    void tags(const toml::key& key, const toml::node& value) {
        const toml::table* table = value.as_table();
        if (table == nullptr) {
            fail(value.source(), fmt::format("{} must be a table of strings", key.str()));
            return;
        }
        for (const auto& [tag, entry] : *table) {
            options_.tags[std::string(tag.str())] = text(tag, entry);
        }
    }

    void fail(const toml::source_region& where, const std::string& what) {
        if (!error_) {
            error_ =
                Error{ErrorCode::BadInput, fmt::format("{}:{}: {}", file_, where.begin.line, what)};
        }
    }

    std::string file_;
    Options options_;
    std::optional<Error> error_;
};

template <typename T>
void prefer(std::optional<T>& value, const std::optional<T>& flag) {
    if (flag) {
        value = flag;
    }
}

}  // namespace

Result<Options> parse_options(std::string_view toml, const std::string& file) {
    try {
        return Reader(file).read(toml::parse(toml, file));
    } catch (const toml::parse_error& error) {
        return Error{ErrorCode::BadInput, fmt::format("{}:{}: {}", file, error.source().begin.line,
                                                      error.description())};
    }
}

Result<Options> load_options(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    if (!stream || !(text << stream.rdbuf())) {
        const int number = errno;
        return Error{ErrorCode::BadInput,
                     fmt::format("the configuration file {} can't be read: {}", file,
                                 std::generic_category().message(number))};
    }
    return parse_options(text.str(), file);
}

Options merge(const Options& file, const Options& flags) {
    Options merged = file;
    for (const TextSetting& setting : kTextSettings) {
        prefer(merged.*setting.value, flags.*setting.value);
    }
    prefer(merged.weight, flags.weight);
    prefer(merged.insecure, flags.insecure);
    prefer(merged.leave_on_term, flags.leave_on_term);
    prefer(merged.restart_grace_s, flags.restart_grace_s);
    if (!flags.join.empty()) {
        merged.join = flags.join;
    }
    for (const auto& [key, value] : flags.tags) {
        merged.tags[key] = value;
    }
    return merged;
}

}  // namespace memberd
