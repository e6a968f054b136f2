#include "cli/ctl/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/ctl/document.hpp"
#include "cli/ctl/help.hpp"
#include "gossip/endpoint.hpp"

namespace memberd::ctl {
namespace {

// What the parser leaves behind: words that are not understood yet.
struct Words {
    std::string format = "table";
    std::string timeout = "5";
    std::vector<std::string> tags;
    std::optional<std::string> replicas;
    std::vector<std::string> add;
    std::vector<std::string> topic;  // of help
    bool version = false;
};

// A mistake in the command line, on its way to parse_command_line; never leaves this file.
struct Mistake {
    std::string text;
};

std::optional<double> number(std::string_view text) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
        return std::nullopt;
    }
    return value;
}

Tag tag_of(const std::string& word) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
        throw Mistake{fmt::format("'{}' is no tag, which is written KEY=VALUE", word)};
    }
    return {word.substr(0, equals), word.substr(equals + 1)};
}

PlannedMember planned_member(const std::string& word) {
    PlannedMember result;
    std::string_view rest = word;
    const auto next = [&rest] {
        const std::size_t comma = rest.find(',');
        const std::string_view part = rest.substr(0, comma);
        rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
        return part;
    };
    result.name = std::string(next());
    bool good = !result.name.empty() && word.back() != ',';
    while (good && !rest.empty()) {
        const std::string_view part = next();
        if (part.starts_with("weight=")) {
            result.weight = number(part.substr(7));
            good = result.weight && *result.weight >= 0;
        } else if (part.starts_with("zone=")) {
            result.zone = std::string(part.substr(5));
        } else {
            good = false;
        }
    }
    if (!good) {
        throw Mistake{fmt::format(
            "--add '{}' is not of the form NAME[,weight=W][,zone=Z], W not below 0", word)};
    }
    return result;
}

void demand_one_of(const std::vector<std::string>& words,
                   const std::vector<std::string>& known,
                   std::string_view what) {
    for (const std::string& word : words) {
        if (std::find(known.begin(), known.end(), word) == known.end()) {
            throw Mistake{
                fmt::format("'{}' is no {} (there are {})", word, what, enumeration(known))};
        }
    }
}

// Options that may be given several times, one value each.
CLI::Option* repeated(CLI::App* app, const std::string& name, std::vector<std::string>& values) {
    return app->add_option(name, values)->allow_extra_args(false);
}

CLI::App* command(CLI::App& parent, const std::string& name) {
    CLI::App* const app = parent.add_subcommand(name);
    app->fallthrough();
    return app;
}

class Parser {
  public:
    Parser() {
        app_.require_subcommand(0, 1);
        // Given twice, the last one counts: so an alias that has one can be overruled.
        app_.add_option("--runtime-dir", options_.runtime_dir)->take_last();
        app_.add_option("--format", words_.format)->take_last();
        app_.add_option("--timeout", words_.timeout)->take_last();
        app_.add_flag("--version", words_.version);
        add_questions();
        add_ring();
        add_actions();
    }

    CommandLine parse(std::vector<std::string> arguments) {
        std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
        try {
            app_.parse(arguments);
            if (keys_->parsed()) {
                return {std::nullopt, kExitUsage, "", std::string(keys_sentence())};
            }
            if (help_->parsed()) {
                return help();
            }
            return understood();
        } catch (const CLI::CallForHelp&) {
            const std::string words = command_words();
            const auto text = help_of(words);
            return {std::nullopt, kExitDone, text ? *text : overview(), ""};
        } catch (const CLI::ExtrasError&) {
            const auto extra = app_.remaining(true);
            const std::string first = extra.empty() ? std::string("?") : extra.front();
            return wrong(fmt::format("'{}' is not known here", first));
        } catch (const CLI::ArgumentMismatch& error) {
            const std::string text = error.what();
            return wrong(text.substr(0, text.find(':')) + " needs one value");
        } catch (const CLI::Error& error) {
            return wrong(error.what());
        } catch (const Mistake& mistake) {
            return wrong(mistake.text);
        }
    }

  private:
    void add_questions() {
        CLI::App* const members = add(app_, "members", Command::Members);
        repeated(members, "--state", options_.states);
        repeated(members, "--tag", words_.tags);
        members->add_option("--zone", options_.zone);
        members->add_flag("--watch", options_.watch);
        add(app_, "info", Command::Info);
        CLI::App* const events = add(app_, "events", Command::Events);
        repeated(events, "--type", options_.types);
        events->add_flag("--snapshot", options_.snapshot);
        add(app_, "why", Command::Why)->add_option("NAME", options_.name)->required();
        add(app_, "ping", Command::Ping)->add_option("NAME", options_.name)->required();
        add(app_, "version", Command::Version);
        help_ = command(app_, "help");
        help_->add_option("COMMAND", words_.topic);
    }

    void add_ring() {
        CLI::App* const ring = add(app_, "ring", Command::Ring);
        ring->require_subcommand(0, 1);
        CLI::App* const lookup = add(*ring, "lookup", Command::RingLookup);
        lookup->add_option("KEY", options_.keys)->required();
        lookup->add_option("--replicas", words_.replicas);
        CLI::App* const plan = add(*ring, "plan", Command::RingPlan);
        repeated(plan, "--add", words_.add);
        repeated(plan, "--remove", options_.remove);
    }

    void add_actions() {
        add(app_, "join", Command::Join)->add_option("HOST:PORT", options_.addresses)->required();
        add(app_, "leave", Command::Leave);
        add(app_, "forget", Command::Forget)->add_option("NAME", options_.name)->required();
        tags_ = command(app_, "tags");
        tags_->require_subcommand(0, 1);
        add(*tags_, "set", Command::TagsSet)->add_option("K=V", words_.tags)->required();
        add(*tags_, "unset", Command::TagsUnset)->add_option("KEY", options_.keys)->required();
        // Whatever stands behind it: the answer is the same.
        keys_ = app_.add_subcommand("keys")->prefix_command()->allow_extras();
    }

    CLI::App* add(CLI::App& parent, const std::string& name, Command what) {
        CLI::App* const app = command(parent, name);
        commands_.emplace_back(app, what);
        return app;
    }

    // The words of the command that was named, "" if none was.
    [[nodiscard]] std::string command_words() const {
        std::string result;
        const CLI::App* app = &app_;
        while (!app->get_subcommands().empty()) {
            app = app->get_subcommands().front();
            result += (result.empty() ? "" : " ") + app->get_name();
        }
        return result;
    }

    [[nodiscard]] CommandLine wrong(std::string_view text) const {
        const std::string words = command_words();
        const std::string space = words.empty() ? "" : " ";
        return {std::nullopt, kExitUsage, "",
                fmt::format("memberctl{}{}: {}: see memberctl help{}{}.", space, words, text, space,
                            words)};
    }

    [[nodiscard]] CommandLine help() const {
        if (words_.topic.empty()) {
            return {std::nullopt, kExitDone, overview(), ""};
        }
        std::string topic;
        for (const std::string& word : words_.topic) {
            topic += (topic.empty() ? "" : " ") + word;
        }
        if (topic == "keys") {
            return {std::nullopt, kExitDone, std::string(keys_sentence()) + '\n', ""};
        }
        const auto text = help_of(topic);
        if (!text) {
            return {std::nullopt, kExitUsage, "",
                    fmt::format("memberctl help: there is no command '{}': see memberctl help.",
                                topic)};
        }
        return {std::nullopt, kExitDone, *text, ""};
    }

    // Requires that the parser accepted the words.
    CommandLine understood() {
        if (words_.version && app_.get_subcommands().empty()) {
            return {std::nullopt, kExitDone, "memberctl " MEMBERD_VERSION "\n", ""};
        }
        bool found = false;
        for (const auto& [app, what] : commands_) {
            if (app->parsed()) {  // the deepest comes last
                options_.command = what;
                found = true;
            }
        }
        if (!found) {
            throw Mistake{tags_->parsed() ? "needs set or unset" : "a command is missing"};
        }
        understand_common();
        understand_values();
        return {options_, kExitDone, "", ""};
    }

    void understand_common() {
        demand_one_of({words_.format}, {"table", "json"}, "format");
        options_.format = words_.format == "json" ? Format::Json : Format::Table;
        const auto timeout = number(words_.timeout);
        if (!timeout || *timeout <= 0 || *timeout > 3600) {
            throw Mistake{
                fmt::format("--timeout '{}' is no number of seconds above 0 and up to "
                            "3600",
                            words_.timeout)};
        }
        options_.timeout = from_seconds(*timeout);
    }

    void understand_values() {
        demand_one_of(options_.states, {"alive", "suspect", "dead", "left"}, "state");
        demand_one_of(options_.types,
                      {"alive", "suspect", "dead", "left", "updated", "forgotten", "ring", "link"},
                      "type of event");
        for (const std::string& word : words_.tags) {
            options_.tags.push_back(tag_of(word));
        }
        for (const std::string& word : words_.add) {
            options_.add.push_back(planned_member(word));
        }
        if (words_.replicas) {
            const auto replicas = number(*words_.replicas);
            if (!replicas || *replicas < 1 || *replicas > 64 ||
                std::floor(*replicas) != *replicas) {
                throw Mistake{fmt::format("--replicas '{}' is no whole number from 1 to 64",
                                          *words_.replicas)};
            }
            options_.replicas = static_cast<std::uint32_t>(*replicas);
        }
        if (options_.command == Command::RingPlan && options_.add.empty() &&
            options_.remove.empty()) {
            throw Mistake{"needs --add or --remove"};
        }
        for (const std::string& address : options_.addresses) {
            const auto parts = split_host_port(address);
            if (!parts || parts->host.empty() || parts->port == 0) {
                throw Mistake{fmt::format("'{}' is no HOST:PORT", address)};
            }
        }
    }

    CLI::App app_{"", "memberctl"};
    Options options_;
    Words words_;
    std::vector<std::pair<CLI::App*, Command>> commands_;  // a parent before its children
    CLI::App* help_ = nullptr;
    CLI::App* tags_ = nullptr;
    CLI::App* keys_ = nullptr;
};

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
    return Parser().parse(arguments);
}

}  // namespace memberd::ctl
