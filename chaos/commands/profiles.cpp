// The table of the profiles: what each tolerates, how fast it is, what it costs.
#include <algorithm>
#include <array>
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
#include "chaos/experiments/profile_trials.hpp"
#include "chaos/experiments/worker_pool.hpp"

namespace memberd::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kProfiles = {TimingProfile::Lan, TimingProfile::Local, TimingProfile::Wan};

struct ProfilesArguments {
    std::size_t n = 50;
    std::uint64_t seed = 1;
    std::size_t seeds = 3;
    std::size_t jobs = 1;
    std::string json;
};

std::string to_text(const ProfileOutcome& outcome) {
    return Json{{"figures", outcome.figures}, {"failure", outcome.failure}}.dump();
}

ProfileOutcome profile_outcome_of(const JobResult& result) {
    ProfileOutcome outcome;
    if (result.failed()) {
        outcome.failure = result.failure;
        return outcome;
    }
    const Json document = Json::parse(result.output);
    document.at("figures").get_to(outcome.figures);
    document.at("failure").get_to(outcome.failure);
    return outcome;
}

std::vector<ProfileOutcome> run_all(const ProfilesArguments& arguments,
                                    const std::vector<ProfileTrial>& trials) {
    Progress progress;
    std::vector<ProfileOutcome> outcomes;
    const auto work = [&](std::uint64_t job) {
        return to_text(run_trial(trials[job], arguments.n));
    };
    const auto take = [&](const JobResult& result) {
        outcomes.push_back(profile_outcome_of(result));
        progress.show(fmt::format("{} of {} runs", outcomes.size(), trials.size()));
        return NextJobs::Go;
    };
    run_jobs({arguments.jobs, 0}, trials.size(), work, take);
    return outcomes;
}

std::string text_of(const ProfileAnswer& answer) {
    return fmt::format("{}{:.4g}",
                       answer.is_least      ? "< "
                       : answer.is_greatest ? ">= "
                                            : "",
                       answer.value);
}

void print_table(const std::vector<ProfileAnswer>& answers) {
    fmt::print("{:<28}", "");
    for (const TimingProfile profile : kProfiles) {
        fmt::print("{:>12}", to_string(profile));
    }
    fmt::print("\n");
    for (std::size_t question = 0; question < profile_questions().size(); ++question) {
        fmt::print("{:<28}", profile_questions()[question].name);
        for (const TimingProfile profile : kProfiles) {
            const auto found =
                std::find_if(answers.begin(), answers.end(), [&](const ProfileAnswer& answer) {
                    return answer.profile == profile && answer.question == question;
                });
            fmt::print("{:>12}", found == answers.end() ? "-" : text_of(*found));
        }
        fmt::print("\n");
    }
}

bool write_json(const ProfilesArguments& arguments,
                const std::string& command,
                const std::vector<ProfileAnswer>& answers) {
    Json rows = Json::array();
    for (const ProfileAnswer& answer : answers) {
        rows.push_back(Json{{"profile", to_string(answer.profile)},
                            {"question", profile_questions()[answer.question].name},
                            {"value", answer.value},
                            {"none_tolerated", answer.is_least},
                            {"all_tolerated", answer.is_greatest}});
    }
    std::ofstream file(arguments.json);
    file << Json{{"commit", built_commit()}, {"command", command}, {"seed", arguments.seed},
                 {"seeds", arguments.seeds}, {"n", arguments.n},   {"answers", std::move(rows)}}
                .dump(2)
         << '\n';
    return file.flush().good();
}

int run(const ProfilesArguments& arguments) {
    const std::string command = fmt::format("memsim profiles --n {} --seed {} --seeds {}",
                                            arguments.n, arguments.seed, arguments.seeds);
    fmt::print("commit {}, seed {}: {}\n", built_commit(), arguments.seed, command);
    fmt::print(
        "{} members, links of 0.25 ms one way (wan: 45 ms and 5 ms more on average). Of a pause, a "
        "loss everywhere for 120 s and a delay that comes all at once: the greatest that killed "
        "nobody with any seed, below the first that did.\n",
        arguments.n);
    std::fflush(stdout);
    const std::vector<ProfileTrial> trials =
        profile_trials(kProfiles, arguments.seed, arguments.seeds);
    const std::vector<ProfileOutcome> outcomes = run_all(arguments, trials);
    const std::vector<ProfileAnswer> answers = answers_of(trials, outcomes);
    print_table(answers);
    const auto failed =
        std::find_if(outcomes.begin(), outcomes.end(),
                     [](const ProfileOutcome& outcome) { return !outcome.failure.empty(); });
    if (!arguments.json.empty() && !write_json(arguments, command, answers)) {
        return cannot_start("cannot write " + arguments.json);
    }
    if (failed != outcomes.end()) {
        const auto& trial = trials[static_cast<std::size_t>(failed - outcomes.begin())];
        fmt::print("FAIL: {}, {}, seed {}: {}\n", to_string(trial.profile),
                   profile_questions()[trial.question].name, trial.seed, failed->failure);
        return kFailed;
    }
    return 0;
}

}  // namespace

void add_profiles_command(CLI::App& app, int& exit_code) {
    CLI::App* const command = app.add_subcommand(
        "profiles", "what lan, local and wan tolerate, how fast they are and what they cost");
    const auto arguments = std::make_shared<ProfilesArguments>();
    command->add_option("--n", arguments->n, "members")
        ->check(CLI::Range(std::size_t{3}, std::size_t{2000}))
        ->capture_default_str();
    command->add_option("--seed", arguments->seed, "the first")->capture_default_str();
    command->add_option("--seeds", arguments->seeds, "runs of each kind, with seeds in turn")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command->add_option("--jobs", arguments->jobs, "worker processes")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    command->add_option("--json", arguments->json, "write the table to this file too");
    command->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace memberd::sim
