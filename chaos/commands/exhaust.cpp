// All interleavings of a few members to a depth, from each start in a process of its own; or one
// of them again, by its path.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "chaos/commands/command.hpp"
#include "chaos/commands/progress.hpp"
#include "chaos/exhaust/path.hpp"
#include "chaos/experiments/worker_pool.hpp"

namespace memberd::sim {
namespace {

using Json = nlohmann::ordered_json;
using WallClock = std::chrono::steady_clock;

constexpr unsigned kDepthMax = 64;
constexpr const char* kAllStarts = "all";
// In the order of Mark.
constexpr std::array<const char*, kMarkCount> kMarkNames{
    "suspicions", "deaths declared", "deaths believed", "returns", "refutations", "doubts"};

struct ExhaustArguments {
    std::size_t n = 2;
    unsigned depth = 6;
    std::string mode = "memberd";
    std::string profile = "lan";
    std::string start = kAllStarts;
    std::uint64_t seed = 1;
    std::uint32_t copies = 2;
    std::uint32_t crashes = kAnyNumber;
    bool is_punctual = false;
    std::size_t states_max = ExhaustOptions{}.states_max;
    std::size_t jobs = 1;
    std::string path;
    std::string json;
};

std::string command_line(const ExhaustArguments& arguments, std::string_view start) {
    const ExhaustArguments standard;
    std::string line = fmt::format("memsim exhaust --n {} --depth {} --mode {} --start {}",
                                   arguments.n, arguments.depth, arguments.mode, start);
    if (arguments.profile != standard.profile) {
        line += " --profile " + arguments.profile;
    }
    if (arguments.seed != standard.seed) {
        line += fmt::format(" --seed {}", arguments.seed);
    }
    if (arguments.copies != standard.copies) {
        line += fmt::format(" --copies {}", arguments.copies);
    }
    if (arguments.crashes != standard.crashes) {
        line += fmt::format(" --crashes {}", arguments.crashes);
    }
    if (arguments.is_punctual) {
        line += " --punctual";
    }
    if (arguments.states_max != standard.states_max) {
        line += fmt::format(" --states-max {}", arguments.states_max);
    }
    return line;
}

Result<ExhaustOptions> options_of(const ExhaustArguments& arguments) {
    ExhaustOptions options;
    const auto mode = parse_mode(arguments.mode);
    if (!mode) {
        return Error{ErrorCode::BadInput,
                     "--mode is swim, lifeguard or memberd, not " + arguments.mode};
    }
    const auto profile = parse_timing_profile(arguments.profile);
    if (!profile) {
        return Error{ErrorCode::BadInput, "--profile: " + profile.error().text};
    }
    options.n = arguments.n;
    options.depth = arguments.depth;
    options.engine.mode = *mode;
    options.engine.timing = timing_of(*profile);
    options.seed = arguments.seed;
    options.copies = arguments.copies;
    options.crashes = arguments.crashes;
    options.is_punctual = arguments.is_punctual;
    options.states_max = arguments.states_max;
    return options;
}

Result<std::vector<StartKind>> starts_of(const ExhaustArguments& arguments) {
    if (arguments.start == kAllStarts) {
        return start_kinds();
    }
    const auto start = parse_start_kind(arguments.start);
    if (!start) {
        return Error{
            ErrorCode::BadInput,
            "--start is apart, joined, silent, unheard, buried or all, not " + arguments.start};
    }
    return std::vector<StartKind>{*start};
}

// --- One start ---

Json explore(const ExhaustOptions& options) {
    const auto began = WallClock::now();
    Explorer explorer(options);
    while (explorer.deepen()) {
    }
    Json json;
    json["start"] = to_string(options.start);
    json["layers"] = Json::array();
    for (const LayerFigures& layer : explorer.layers()) {
        json["layers"].push_back({{"depth", layer.depth},
                                  {"states", layer.states},
                                  {"steps", layer.steps},
                                  {"interleavings", layer.ways},
                                  {"histories", layer.histories}});
    }
    for (std::size_t i = 0; i < kMarkCount; ++i) {
        json["reached"][kMarkNames.at(i)] = explorer.histories().mark_counts().at(i);
    }
    json["is_cut_short"] = explorer.is_cut_short();
    json["breach"] = nullptr;
    if (const auto& breach = explorer.breach()) {
        json["breach"] = {{"invariant", breach->violation.invariant},
                          {"text", breach->violation.text},
                          {"path", to_string(breach->path)},
                          {"depth", breach->path.size()}};
    }
    json["wall_seconds"] = std::chrono::duration<double>(WallClock::now() - began).count();
    return json;
}

void print_start(const ExhaustArguments& arguments, const Json& json) {
    const std::string start = json["start"].get<std::string>();
    fmt::print("start {}\n", start);
    fmt::print("  {:>5} {:>12} {:>14} {:>22} {:>12}\n", "depth", "states", "steps", "interleavings",
               "histories");
    for (const Json& layer : json["layers"]) {
        const auto ways = layer["interleavings"].get<std::uint64_t>();
        fmt::print("  {:>5} {:>12} {:>14} {:>22} {:>12}\n", layer["depth"].get<unsigned>(),
                   layer["states"].get<std::uint64_t>(), layer["steps"].get<std::uint64_t>(),
                   ways == Layer::kManyWays ? "more than 1.8e19" : std::to_string(ways),
                   layer["histories"].get<std::uint64_t>());
    }
    std::string reached;
    for (const auto& [name, count] : json["reached"].items()) {
        reached +=
            fmt::format("{}{} {}", reached.empty() ? "" : ", ", count.get<std::uint64_t>(), name);
    }
    fmt::print("  calls that did so: {}; {:.1f} s\n", reached, json["wall_seconds"].get<double>());
    if (json["is_cut_short"].get<bool>()) {
        fmt::print("  FAIL: the next depth has more states than --states-max\n");
    }
    if (const Json& breach = json["breach"]; !breach.is_null()) {
        const auto path = breach["path"].get<std::string>();
        fmt::print("  FAIL: {} at depth {}: {}; again: {}{}\n",
                   breach["invariant"].get<std::string>(), breach["depth"].get<std::size_t>(),
                   breach["text"].get<std::string>(), command_line(arguments, start),
                   path.empty() ? "" : " --path " + path);
    }
    std::fflush(stdout);
}

bool has_passed(const Json& json) {
    return json["breach"].is_null() && !json["is_cut_short"].get<bool>();
}

bool write_json(const ExhaustArguments& arguments, const Json& starts, bool passed) {
    Json json;
    json["commit"] = built_commit();
    json["command"] = command_line(arguments, arguments.start);
    json["seed"] = arguments.seed;
    json["options"] = {{"n", arguments.n},           {"depth", arguments.depth},
                       {"mode", arguments.mode},     {"profile", arguments.profile},
                       {"copies", arguments.copies}, {"states_max", arguments.states_max}};
    json["options"]["punctual"] = arguments.is_punctual;
    json["options"]["crashes"] = nullptr;
    if (arguments.crashes != kAnyNumber) {
        json["options"]["crashes"] = arguments.crashes;
    }
    json["starts"] = starts;
    json["passed"] = passed;
    std::ofstream file(arguments.json);
    file << json.dump(2) << '\n';
    file.close();
    return file.good();
}

int explore_all(const ExhaustArguments& arguments, const ExhaustOptions& options) {
    const auto starts = starts_of(arguments);
    if (!starts) {
        return cannot_start(starts.error().text);
    }
    fmt::print("commit {}, seed {}: {}\n", built_commit(), arguments.seed,
               command_line(arguments, arguments.start));
    std::fflush(stdout);
    Json done = Json::array();
    bool passed = true;
    Progress progress;
    const auto show = [&] {
        progress.show(fmt::format("{} of {} starts", done.size(), starts->size()));
    };
    show();
    run_jobs(
        {arguments.jobs, 0}, starts->size(),
        [&](std::uint64_t job) {
            ExhaustOptions of_start = options;
            of_start.start = (*starts)[job];
            return explore(of_start).dump();
        },
        [&](const JobResult& result) {
            if (result.failed()) {
                passed = false;
                fmt::print("start {}\n  FAIL: {}\n", to_string((*starts)[result.job]),
                           result.failure);
                return NextJobs::Go;
            }
            done.push_back(Json::parse(result.output));
            passed = passed && has_passed(done.back());
            print_start(arguments, done.back());
            show();
            return NextJobs::Go;
        });
    fmt::print("{}: again: {}\n", passed ? "PASS" : "FAIL",
               command_line(arguments, arguments.start));
    if (!arguments.json.empty() && !write_json(arguments, done, passed)) {
        return cannot_start("cannot write " + arguments.json);
    }
    return passed ? 0 : kFailed;
}

// --- One path ---

int replay(const ExhaustArguments& arguments, ExhaustOptions options) {
    const auto path = parse_path(arguments.path);
    if (!path) {
        return cannot_start("--path: " + path.error().text);
    }
    const auto start = parse_start_kind(arguments.start);
    if (!start) {
        return cannot_start("--path needs one --start: apart, joined, silent, unheard or buried");
    }
    options.start = *start;
    fmt::print("commit {}, seed {}: {} --path {}\n", built_commit(), arguments.seed,
               command_line(arguments, arguments.start), arguments.path);
    Explorer explorer(options);
    const auto outcome = replay_path(explorer, *path, stdout);
    if (!outcome) {
        return cannot_start("--path: " + outcome.error().text);
    }
    if (outcome->violation) {
        fmt::print("FAIL: {}: {}\n", outcome->violation->invariant, outcome->violation->text);
        return kFailed;
    }
    fmt::print("PASS\n");
    return 0;
}

int exhaust(const ExhaustArguments& arguments) {
    const auto options = options_of(arguments);
    if (!options) {
        return cannot_start(options.error().text);
    }
    return arguments.path.empty() ? explore_all(arguments, *options) : replay(arguments, *options);
}

}  // namespace

void add_exhaust_command(CLI::App& app, int& exit_code) {
    CLI::App* const command =
        app.add_subcommand("exhaust", "all interleavings of two or three members, to a depth");
    const auto arguments = std::make_shared<ExhaustArguments>();
    command->add_option("--n", arguments->n, "members")
        ->check(CLI::Range(std::size_t{2}, kExhaustMembersMax))
        ->capture_default_str();
    command->add_option("--depth", arguments->depth, "steps of an interleaving")
        ->check(CLI::Range(0U, kDepthMax))
        ->capture_default_str();
    command->add_option("--mode", arguments->mode, "swim, lifeguard or memberd")
        ->capture_default_str();
    command->add_option("--profile", arguments->profile, "lan, local or wan")
        ->capture_default_str();
    command
        ->add_option("--start", arguments->start, "apart, joined, silent, unheard, buried or all")
        ->capture_default_str();
    command->add_option("--seed", arguments->seed, "of the members' chance")->capture_default_str();
    command->add_option("--copies", arguments->copies, "a message is delivered so often at most")
        ->check(CLI::Range(1U, 8U))
        ->capture_default_str();
    command->add_option("--crashes", arguments->crashes, "so many at most; default: any number");
    command->add_flag("--punctual", arguments->is_punctual,
                      "timers fire in the order of their deadlines, never late");
    command->add_option("--states-max", arguments->states_max, "of one depth; more is a failure")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 31U))
        ->capture_default_str();
    command->add_option("--jobs", arguments->jobs, "starts at once, each in its own process")
        ->check(CLI::Range(std::size_t{1}, std::size_t{256}))
        ->capture_default_str();
    command->add_option("--path", arguments->path, "only this interleaving, step by step: 3,0,2");
    command->add_option("--json", arguments->json, "write the figures to this file too");
    command->callback([arguments, &exit_code] { exit_code = exhaust(*arguments); });
}

}  // namespace memberd::sim
