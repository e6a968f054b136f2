#include "chaos/experiments/profile_trials.hpp"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

namespace memberd::sim {
namespace {

constexpr std::array kLan{TimingProfile::Lan};

std::size_t question_of(std::string_view name) {
    const auto& all = profile_questions();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
    EXPECT_NE(found, all.end()) << name;
    return static_cast<std::size_t>(found - all.begin());
}

std::vector<ProfileOutcome> harmless(const std::vector<ProfileTrial>& trials) {
    ProfileOutcome outcome;
    for (const ProfileQuestion& question : profile_questions()) {
        outcome.figures[std::string(question.figure)] = 7.0;
    }
    return std::vector<ProfileOutcome>(trials.size(), outcome);
}

ProfileAnswer answer_to(std::string_view name, const std::vector<ProfileAnswer>& answers) {
    const std::size_t question = question_of(name);
    const auto found = std::find_if(answers.begin(), answers.end(),
                                    [&](const auto& each) { return each.question == question; });
    EXPECT_NE(found, answers.end()) << name;
    return found == answers.end() ? ProfileAnswer() : *found;
}

TEST(ProfileTrials, AskEveryValueWithEverySeed) {
    std::size_t values = 0;
    for (const ProfileQuestion& question : profile_questions()) {
        values += question.values.size();
    }
    EXPECT_EQ(profile_trials(kLan, 1, 3).size(), 3 * values);
}

TEST(ProfileTrials, AnswerWithTheGreatestValueBelowTheFirstThatHarms) {
    const auto trials = profile_trials(kLan, 1, 2);
    auto outcomes = harmless(trials);
    const std::size_t pause = question_of("pause_s");
    for (std::size_t i = 0; i < trials.size(); ++i) {
        // With one seed of two, and not with the value after it.
        if (trials[i].question == pause && trials[i].value == 5 && trials[i].seed == 2) {
            outcomes[i].figures["deaths"] = 1.0;
        }
    }
    const ProfileAnswer answer = answer_to("pause_s", answers_of(trials, outcomes));
    EXPECT_EQ(answer.value, profile_questions()[pause].values[4]);
    EXPECT_FALSE(answer.is_least);
    EXPECT_FALSE(answer.is_greatest);
}

TEST(ProfileTrials, SayWhereTheLimitLiesOutsideOfWhatWasTried) {
    const auto trials = profile_trials(kLan, 1, 1);
    auto outcomes = harmless(trials);
    EXPECT_TRUE(answer_to("loss_stream", answers_of(trials, outcomes)).is_greatest);
    for (ProfileOutcome& outcome : outcomes) {
        outcome.figures["false_deaths"] = 1.0;
    }
    const ProfileAnswer answer = answer_to("loss_stream", answers_of(trials, outcomes));
    EXPECT_TRUE(answer.is_least);
    EXPECT_FALSE(answer.is_greatest);
}

TEST(ProfileTrials, TakeNoRunThatFailedForHarmless) {
    const auto trials = profile_trials(kLan, 1, 1);
    auto outcomes = harmless(trials);
    for (std::size_t i = 0; i < trials.size(); ++i) {
        if (trials[i].question == question_of("loss_stream") && trials[i].value == 2) {
            outcomes[i] = {{}, "it took too long"};
        }
    }
    const ProfileAnswer answer = answer_to("loss_stream", answers_of(trials, outcomes));
    EXPECT_EQ(answer.value, profile_questions()[question_of("loss_stream")].values[1]);
    EXPECT_FALSE(answer.is_greatest);
}

TEST(ProfileTrials, AnswerWithTheMedianOfAFigure) {
    const auto trials = profile_trials(kLan, 1, 3);
    auto outcomes = harmless(trials);
    const std::size_t first = question_of("power_off_first_s");
    for (std::size_t i = 0; i < trials.size(); ++i) {
        if (trials[i].question == first) {
            outcomes[i].figures["first_death_s"] = static_cast<double>(trials[i].seed * 10);
        }
    }
    EXPECT_EQ(answer_to("power_off_first_s", answers_of(trials, outcomes)).value, 20.0);
}

// The runs themselves, with a few members: what is asked for is found, and too much is too much.
TEST(ProfileTrials, RunTheScenariosTheyName) {
    for (std::size_t question = 0; question < profile_questions().size(); ++question) {
        const ProfileQuestion& asked = profile_questions()[question];
        const std::size_t last = asked.values.size() - 1;
        const ProfileOutcome outcome = run_trial({TimingProfile::Lan, question, last, 1}, 8);
        EXPECT_EQ(outcome.failure, "") << asked.name;
        EXPECT_TRUE(asked.figure.empty() || outcome.figures.count(asked.figure) == 1) << asked.name;
        for (const std::string_view harm : asked.harm) {
            EXPECT_EQ(outcome.figures.count(harm), 1U) << asked.name << ' ' << harm;
        }
    }
    const std::size_t pause = question_of("pause_s");
    EXPECT_GT(run_trial({TimingProfile::Lan, pause, 10, 1}, 8).figures["deaths"], 0.0);
    EXPECT_EQ(run_trial({TimingProfile::Lan, pause, 4, 1}, 8).figures["deaths"], 0.0);
}

}  // namespace
}  // namespace memberd::sim
